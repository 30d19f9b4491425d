"""Discovery checks that compare several documents: RFC 7643 sections 6 and 7."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.conversation import Conversation
from conformance.model import Case, CaseInfo, Json, Level
from conformance.paths import MISSING, find
from conformance.rfc.citing import rfc
from conformance.variables import URNS

_CHARACTERISTICS: Final = (
    "name",
    "type",
    "multiValued",
    "description",
    "required",
    "caseExact",
    "mutability",
    "returned",
    "uniqueness",
)
_TYPES_WITHOUT_CASE: Final = {"boolean", "complex", "integer", "decimal", "dateTime"}
_COMMON: Final = {"schemas", "id", "externalId", "meta"}


def _listed(conversation: Conversation, path: str) -> list[Json]:
    resources = find(conversation.say("GET", path).json, "Resources")
    if not isinstance(resources, list) or not resources:
        conversation.abandon(f"GET {path}: expected a list of resources")
    return [resource for resource in resources if isinstance(resource, dict)]


def types_resolve(conversation: Conversation) -> None:
    """Every schema that a resource type names is published, and each type is found by its id."""
    published = {schema.get("id") for schema in _listed(conversation, "/Schemas")}
    for kind in _listed(conversation, "/ResourceTypes"):
        name = str(kind.get("id") or kind.get("name"))
        for key in ("name", "endpoint", "schema"):
            conversation.expect(bool(kind.get(key)), f"the resource type {name} has no {key}")
        extensions = find(kind, "schemaExtensions[*].schema")
        for urn in [kind.get("schema"), *([] if extensions is MISSING else extensions)]:
            conversation.expect(urn in published, f"{name} uses {urn}, which /Schemas lacks")
        single = conversation.say("GET", f"/ResourceTypes/{name}")
        conversation.expect(
            find(single.json, "endpoint") == kind.get("endpoint"),
            f"/ResourceTypes/{name} differs from its entry in the list",
        )


def schemas_complete(conversation: Conversation) -> None:
    """Every attribute of every published schema carries all its characteristics."""
    for schema in _listed(conversation, "/Schemas"):
        if not isinstance(schema.get("attributes"), list):
            conversation.blame(f"{schema.get('id')}: expected a list of attributes")
            continue
        for problem in _incomplete(schema["attributes"], str(schema.get("id"))):
            conversation.blame(problem)


def _incomplete(attributes: list[Json], where: str) -> Iterator[str]:
    for attribute in attributes:
        name = f"{where}:{attribute.get('name')}"
        lacking = [key for key in _CHARACTERISTICS if attribute.get(key) is None]
        if attribute.get("type") in _TYPES_WITHOUT_CASE:
            lacking = [key for key in lacking if key not in {"caseExact", "uniqueness"}]
        if lacking:
            yield f"{name} lacks {', '.join(lacking)}"
        if attribute.get("type") == "reference" and not attribute.get("referenceTypes"):
            yield f"{name} is a reference without referenceTypes"
        yield from _incomplete(attribute.get("subAttributes") or [], name)


def attributes_published(conversation: Conversation) -> None:
    """A user shows no attribute that its schemas do not define."""
    variables = conversation.variables
    body = variables.render(
        {
            "schemas": ["${User}"],
            "userName": "pub-${unique}@${domain}",
            "externalId": "pub-${unique}",
            "name": {"givenName": "Uma", "familyName": "Dahl"},
            "emails": [{"value": "pub-${unique}@${domain}", "type": "work", "primary": True}],
            "active": True,
        }
    )
    created = conversation.say("POST", "/Users", body=body)
    user = created.json
    if created.status != 201 or not isinstance(user, dict):
        conversation.abandon(f"POST /Users: expected 201 and the user, got {created.status}")
    schemas = {str(s.get("id")): s for s in _listed(conversation, "/Schemas")}
    known = {str(n).casefold() for n in _names(schemas.get(URNS["User"]))} | {
        name.casefold() for name in _COMMON
    }
    for name in user:
        defined = name.casefold() in known or name in schemas
        conversation.expect(defined, f"the user has {name}, which no published schema defines")


def _names(schema: Json) -> list[Json]:
    names = find(schema, "attributes[*].name")
    return [] if names is MISSING else list(names)


def no_message_schemas(conversation: Conversation) -> None:
    """Message schemas are not resources and have no place in /Schemas."""
    for schema in _listed(conversation, "/Schemas"):
        is_message = ":api:messages:" in str(schema.get("id"))
        conversation.expect(not is_message, f"/Schemas publishes {schema.get('id')}")


CHECKS: Final = (
    Case(
        CaseInfo(
            "rfc.discovery.types-resolve",
            "RFC 7644",
            "Every resource type is found by id, and /Schemas has the schemas it names",
            Level.MUST,
            "Clients follow these names to learn what they may send.",
            rfc("RFC 7643 section 6", "RFC 7644 section 4"),
        ),
        types_resolve,
    ),
    Case(
        CaseInfo(
            "rfc.discovery.characteristics",
            "RFC 7644",
            "Every published attribute has all its characteristics",
            Level.MUST,
            "Generic clients read mutability and returned to know what to send and to compare.",
            rfc("RFC 7643 section 7"),
        ),
        schemas_complete,
    ),
    Case(
        CaseInfo(
            "rfc.discovery.attributes-published",
            "RFC 7644",
            "A user shows only attributes that its schemas define",
            Level.MUST,
            "Schema-driven clients and the gallery validation of Entra reject the unknown.",
            rfc("RFC 7643 section 7", "RFC 7643 section 3"),
        ),
        attributes_published,
    ),
    Case(
        CaseInfo(
            "rfc.discovery.no-message-schemas",
            "RFC 7644",
            "/Schemas publishes no message schemas",
            Level.MUST,
            "A client that lists what can be provisioned would offer PatchOp.",
            rfc("RFC 7644 section 3.1"),
        ),
        no_message_schemas,
    ),
)
