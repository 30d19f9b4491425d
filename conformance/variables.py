"""The ``${...}`` placeholders of a transcript.

``${name}`` is a value kept by an earlier step; a string that is nothing but one placeholder keeps
the value's JSON type. ``${name|upper}``, ``|lower`` and ``|url`` (percent-encoded) change its text.
``${guid:a}`` is a random UUID that stays the same under one label. The schema and message URNs have
the names in `URNS`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from conformance.model import Json

URNS: Final[Mapping[str, str]] = {
    "User": "urn:ietf:params:scim:schemas:core:2.0:User",
    "Group": "urn:ietf:params:scim:schemas:core:2.0:Group",
    "Enterprise": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "SPC": "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
    "ResourceType": "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
    "Schema": "urn:ietf:params:scim:schemas:core:2.0:Schema",
    "ListResponse": "urn:ietf:params:scim:api:messages:2.0:ListResponse",
    "SearchRequest": "urn:ietf:params:scim:api:messages:2.0:SearchRequest",
    "PatchOp": "urn:ietf:params:scim:api:messages:2.0:PatchOp",
    "BulkRequest": "urn:ietf:params:scim:api:messages:2.0:BulkRequest",
    "BulkResponse": "urn:ietf:params:scim:api:messages:2.0:BulkResponse",
    "Error": "urn:ietf:params:scim:api:messages:2.0:Error",
}

_PLACEHOLDER = re.compile(r"\$\{(?P<name>[\w.:-]+)(?:\|(?P<form>upper|lower|url))?\}")


class UnboundVariableError(LookupError):
    """No earlier step supplied the value."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no earlier step supplied ${{{name}}}")


class Variables:
    """The values known to one case."""

    def __init__(self, **values: Json) -> None:
        self._values: dict[str, Json] = {**URNS, **values}

    def bind(self, name: str, value: Json) -> None:
        """Set or replace a value."""
        self._values[name] = value

    def get(self, name: str) -> Json:
        """Return a value; raises `UnboundVariableError`."""
        if name.startswith("guid:") and name not in self._values:
            self._values[name] = str(uuid.uuid4())
        if name not in self._values:
            raise UnboundVariableError(name)
        return self._values[name]

    def render(self, template: Json) -> Json:
        """Return ``template`` with its placeholders filled in, in keys as well as in values."""
        if isinstance(template, str):
            return self._render_text(template)
        if isinstance(template, list):
            return [self.render(item) for item in template]
        if isinstance(template, dict):
            return {str(self.render(key)): self.render(value) for key, value in template.items()}
        return template

    def _render_text(self, template: str) -> Json:
        whole = _PLACEHOLDER.fullmatch(template)
        if whole is not None and whole["form"] is None:
            return self.get(whole["name"])
        return _PLACEHOLDER.sub(self._text_of, template)

    def _text_of(self, match: re.Match[str]) -> str:
        return _formed(str(self.get(match["name"])), match["form"])


def _formed(text: str, form: str | None) -> str:
    match form:
        case "upper":
            return text.upper()
        case "lower":
            return text.lower()
        case "url":
            return quote(text, safe="")
    return text


def expand(template: Json, row: Mapping[str, Json]) -> Json:
    """Return ``template`` with the placeholders that ``row`` knows replaced, all others left."""
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        if whole is not None and whole["form"] is None and whole["name"] in row:
            return row[whole["name"]]
        return _PLACEHOLDER.sub(
            lambda match: (
                _formed(str(row[match["name"]]), match["form"])
                if match["name"] in row
                else match[0]
            ),
            template,
        )
    if isinstance(template, list):
        return [expand(item, row) for item in template]
    if isinstance(template, dict):
        return {str(expand(key, row)): expand(value, row) for key, value in template.items()}
    return template
