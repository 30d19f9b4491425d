"""A PATCH as it is written, and what it makes of a document."""

from __future__ import annotations

from typing import Any

from scim_generators import USER

from scimbridge.scim import urns
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.patch import apply_patch, parse_patch


def op(name: str, path: str | None = None, **value: Any) -> dict[str, Any]:
    return {"op": name} | ({} if path is None else {"path": path}) | value


def patched(
    before: dict[str, Any], *operations: Any, resource_type: ResourceType = USER
) -> dict[str, Any]:
    body = {"schemas": [urns.PATCH_OP], "Operations": list(operations)}
    return apply_patch(parse_patch(body, resource_type), before, resource_type)
