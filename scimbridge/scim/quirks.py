"""What SCIM clients send that the RFCs do not allow, as data.

Each `Quirk` names one deviation, who sends it, where that is documented or was reported, and an
input that shows it. The rest of the package asks a `Dialect` before it tolerates anything, so
that a strict target refuses all of it and the metrics can say which client needs what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from scimbridge.scim import urns


@dataclass(frozen=True, slots=True)
class Vector:
    """An input that only a tolerant dialect takes: a filter, a PATCH, or a resource."""

    filter: str | None = None
    operations: tuple[Mapping[str, Any], ...] | None = None
    resource: Mapping[str, Any] | None = None
    """The body of a POST; for ``operations``, the User that they are applied to."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """One tolerated deviation."""

    name: str
    meaning: str
    """What the deviating input is taken for."""
    sent_by: str
    source: str
    vector: Vector


_ENTRA_COMPATIBILITY: Final = (
    "https://learn.microsoft.com/entra/identity/app-provisioning/"
    "application-provisioning-config-problem-scim-compatibility"
)
_ENTRA_SCIM: Final = "https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups"
_ENTRA_ATTRIBUTES: Final = (
    "https://learn.microsoft.com/entra/identity/app-provisioning/customize-application-attributes"
)
_OKTA_SCIM: Final = "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20"
_MANAGER: Final = f"{urns.ENTERPRISE_USER}:manager"
_WORK_MAIL: Final = 'emails[type eq "work"].value'


def _patch(op: str, path: str | None = None, **value: Any) -> Vector:
    operation = {"op": op} | ({} if path is None else {"path": path}) | value
    return Vector(operations=(operation,), resource=_USER)


_USER: Final[Mapping[str, Any]] = {
    "schemas": [urns.USER],
    "id": "2819c223",
    "userName": "babs",
    "title": "Tour Guide",
    "roles": [{"value": "a"}, {"value": "b"}],
}

QUIRKS: Final = (
    Quirk(
        "op-case",
        "op is read without regard to case",
        "Entra ID (Add, Replace, Remove)",
        _ENTRA_COMPATIBILITY,
        _patch("Replace", "title", value="x"),
    ),
    Quirk(
        "boolean-string",
        '"True" and "False" are the booleans',
        "Entra ID; OneLogin templates",
        _ENTRA_COMPATIBILITY,
        _patch("replace", "active", value="False"),
    ),
    Quirk(
        "filter-boolean-string",
        '"True" and "False" in a filter on a boolean are the booleans',
        'Entra ID and Microsoft\'s SCIM validator (roles[primary eq "True"])',
        "https://github.com/pingidentity/scim2/issues/239",
        Vector(filter='roles[primary eq "True"]'),
    ),
    Quirk(
        "filter-literal-case",
        "true, false and null in any case",
        "administrators' own filters, written after Entra ID's spelling",
        "https://github.com/apache/directory-scimple/pull/1213",
        Vector(filter="active eq True"),
    ),
    Quirk(
        "filter-unquoted-literal",
        "an unquoted operand of eq is a string",
        "authentik; WSO2's compliance suite; Entra ID's documentation (externalId eq jyoung)",
        "https://github.com/goauthentik/authentik/issues/16455",
        Vector(filter="userName eq jyoung@example.com"),
    ),
    Quirk(
        "filter-value-path-compared",
        "a value path may be compared: one element has to meet both",
        'Entra ID matching (emails[type eq "work"].value eq "x")',
        _ENTRA_SCIM,
        Vector(filter='emails[type eq "work"].value eq "x"'),
    ),
    Quirk(
        "filter-complex-compared",
        "a complex attribute that is compared means its value",
        "Entra ID reference checks (manager eq)",
        _ENTRA_SCIM,
        Vector(filter=f'{_MANAGER} eq "x"'),
    ),
    Quirk(
        "unqualified-extension-attribute",
        "an extension's attribute may be named without the URN",
        "Entra ID (path manager, filter manager eq)",
        _ENTRA_SCIM,
        _patch("add", "department", value="x"),
    ),
    Quirk(
        "urn-dot",
        "a dot may stand between the URN and the attribute",
        "WSO2 Identity Server; clients of Apache SCIMple",
        "https://github.com/wso2/product-is/issues/11092",
        Vector(filter=f'{urns.ENTERPRISE_USER}.department eq "x"'),
    ),
    Quirk(
        "path-keys",
        "keys of a value without path may be paths themselves",
        "Entra ID with aadOptscim062020 (name.givenName, URN:attribute)",
        _ENTRA_COMPATIBILITY,
        _patch("replace", value={"name.givenName": "x"}),
    ),
    Quirk(
        "create-on-no-match",
        "add and replace through a value path that selects nothing create the element",
        "Entra ID; Microsoft's SCIM validator",
        "https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/416",
        _patch("replace", _WORK_MAIL, value="x@example.com"),
    ),
    Quirk(
        "clear-on-no-match",
        "clearing through a value path that selects nothing is done already",
        "Entra ID App Gallery validation (SCIM_Null_Update)",
        "https://github.com/AzureAD/SCIMReferenceCode",
        _patch("replace", _WORK_MAIL, value=None),
    ),
    Quirk(
        "empty-string",
        "an empty string unassigns the attribute",
        "Okta (push of empty values); Entra ID; OneLogin templates",
        "https://github.com/AzureAD/SCIMReferenceCode",
        _patch("replace", "title", value=""),
    ),
    Quirk(
        "string-for-complex",
        "a string in the place of a complex value is its value",
        "Entra ID (manager); Microsoft's Postman collection (members)",
        "https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/686",
        _patch("add", _MANAGER, value="26118915"),
    ),
    Quirk(
        "array-for-single",
        "an array of one stands for the one value",
        "Entra ID (manager)",
        _ENTRA_SCIM,
        _patch("add", _MANAGER, value=[{"value": "26118915"}]),
    ),
    Quirk(
        "single-for-array",
        "a value outside of an array is an array of one",
        "Microsoft's Postman collection",
        "https://github.com/AzureAD/SCIMReferenceCode",
        _patch("add", "emails", value={"value": "x@example.com"}),
    ),
    Quirk(
        "number-for-string",
        "a number in the place of a string is its text",
        "Okta (externalId, postalCode, costCenter)",
        _OKTA_SCIM,
        _patch("replace", "title", value=701984),
    ),
    Quirk(
        "remove-values",
        "remove with a value takes only these elements away",
        "Entra ID without aadOptscim062020 (members)",
        _ENTRA_COMPATIBILITY,
        _patch("remove", "roles", value=[{"value": "a"}]),
    ),
    Quirk(
        "read-only-echo",
        "read-only attributes in a value without path are ignored",
        "Okta (groups, meta)",
        _OKTA_SCIM,
        _patch("replace", value={"meta": {"resourceType": "User"}, "title": "x"}),
    ),
    Quirk(
        "empty-operations",
        "a PATCH without operations changes nothing",
        "Entra ID",
        "https://github.com/scimmyjs/scimmy/issues/59",
        Vector(operations=(), resource=_USER),
    ),
    Quirk(
        "missing-schemas",
        "the schemas of a body may be left out",
        "WSO2's compliance suite; Okta (group push)",
        "https://github.com/jelhub/scimgateway/issues/113",
        Vector(resource={"userName": "babs"}),
    ),
    Quirk(
        "unknown-schemas",
        "unknown URNs in schemas are ignored",
        "Entra ID (ADSCIM group, malformed enterprise URN)",
        "https://github.com/AzureAD/SCIMReferenceCode",
        Vector(
            resource={
                "schemas": [urns.USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
                "userName": "babs",
            }
        ),
    ),
    Quirk(
        "unknown-attributes",
        "unknown attributes of a body are ignored",
        "Okta (custom profile attributes); Entra ID (roles[].displayName)",
        _ENTRA_ATTRIBUTES,
        Vector(resource={"schemas": [urns.USER], "userName": "babs", "shoeSize": "44"}),
    ),
    Quirk(
        "core-urn-container",
        "attributes may be nested under the URN of the main schema",
        "scimverify",
        "https://github.com/limosa-io/scimverify",
        Vector(resource={"schemas": [urns.USER], urns.USER: {"userName": "babs"}}),
    ),
    Quirk(
        "several-primaries",
        "of several primary elements the last one is it",
        "administrators' own attribute mappings",
        "https://www.rfc-editor.org/rfc/rfc7643#section-2.4",
        Vector(
            resource={
                "schemas": [urns.USER],
                "userName": "babs",
                "emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}],
            }
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which quirks a target tolerates."""

    tolerated: frozenset[str]
    on_quirk: Callable[[str], None] | None = None
    """Called with the quirk's name each time that one made a difference."""

    @classmethod
    def tolerant(cls, on_quirk: Callable[[str], None] | None = None) -> Dialect:
        """All quirks."""
        return cls(frozenset(quirk.name for quirk in QUIRKS), on_quirk)

    @classmethod
    def strict(cls) -> Dialect:
        """None of them."""
        return cls(frozenset())

    def without(self, names: Iterable[str]) -> Dialect:
        """The same dialect without these quirks."""
        return replace(self, tolerated=self.tolerated - frozenset(names))

    def tolerates(self, name: str) -> bool:
        """Whether the quirk, which the input just showed, is tolerated; counts it if so."""
        if name not in self.tolerated:
            return False
        if self.on_quirk is not None:
            self.on_quirk(name)
        return True
