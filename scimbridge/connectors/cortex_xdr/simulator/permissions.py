"""The permission catalogue of the tenant, as Platform IAM shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_CATALOGUE = (
    (
        "Dashboards & Reports",
        ((None, (("Dashboards", "dashboard"), ("Reports", "reports"))),),
    ),
    (
        "Investigation & Response",
        (
            ("Search", (("Query Center", "investigation_query"),)),
            ("Incidents", (("Alerts & Incidents", "alerts_incidents"),)),
            ("Response", (("Action Center", "action_center"), ("Live Terminal", "live_terminal"))),
        ),
    ),
    (
        "Endpoints",
        (
            (
                "Endpoint Management",
                (("Endpoint Administrations", "endpoint_management"), ("Policies", "policies")),
            ),
        ),
    ),
    (
        "Configurations",
        ((None, (("Access Management", "access_management"), ("Audit Logs", "auditing"))),),
    ),
)
"""Category, sub-category, then name and key; the key gets ``_view`` or ``_action``."""

_DATASETS = (
    {"dataset_category": "System", "datasets": ["alerts", "endpoints", "incidents"]},
    {"dataset_category": "Lookup", "datasets": []},
)

_DISPLAY_NAMES = {
    f"{key}_{level}": name
    for _, sub_categories in _CATALOGUE
    for _, permissions in sub_categories
    for name, key in permissions
    for level in ("view", "action")
}

PERMISSIONS = tuple(_DISPLAY_NAMES)
"""All permission keys."""


def display_names(permissions: Iterable[str]) -> list[str]:
    """What the console calls these permissions, each once."""
    return list(dict.fromkeys(_DISPLAY_NAMES.get(key, key) for key in permissions))


def catalogue_json() -> dict[str, Any]:
    """``data`` of ``GET /platform/iam/v1/role/permission-config``."""
    return {
        "rbac_permissions": [
            {
                "category_name": category,
                "sub_categories": [
                    {
                        "sub_category_name": sub_category,
                        "permissions": [_permission(name, key) for name, key in permissions],
                    }
                    for sub_category, permissions in sub_categories
                ],
            }
            for category, sub_categories in _CATALOGUE
        ],
        "datasetGroups": list(_DATASETS),
    }


def _permission(name: str, key: str) -> dict[str, Any]:
    return {
        "name": name,
        "view_name": f"{key}_view",
        "action_name": f"{key}_action",
        "sub_permissions": [],
    }
