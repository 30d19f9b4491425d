"""Users, roles, authentication sources, sites and asset groups as JSON."""

from __future__ import annotations

from typing import Any

from scimbridge.connectors.insightvm.simulator.call import Call
from scimbridge.connectors.insightvm.simulator.records import (
    AssetCollection,
    AuthenticationSource,
    Kind,
    Role,
    User,
)


def show_user(call: Call, user: User) -> dict[str, Any]:
    """``User``. What is not known of a user is left out."""
    source = call.state.sources[user.source_id]
    shown: dict[str, Any] = {
        "id": user.user_id,
        "login": user.login,
        "name": user.name,
        "enabled": user.enabled,
        "locked": user.locked,
        "authentication": show_source(call, source),
        "role": _show_user_role(call, user),
        "links": [
            call.link("self", "users", user.user_id),
            call.link("Authentication Source", "authentication_sources", source.source_id),
            call.link("Asset Groups", "users", user.user_id, "asset_groups"),
            call.link("Sites", "users", user.user_id, "sites"),
            call.link("Privileges", "users", user.user_id, "privileges"),
            call.link("Role", "roles", user.role_id),
        ],
    }
    if user.email is not None:
        shown["email"] = user.email
    if user.locale is not None:
        tags = {"default": user.locale.default, "reports": user.locale.reports}
        shown["locale"] = {name: tag for name, tag in tags.items() if tag is not None}
    return shown


def show_source(call: Call, source: AuthenticationSource) -> dict[str, Any]:
    """``AuthenticationSource``."""
    path = ("authentication_sources", source.source_id)
    return {
        "id": source.source_id,
        "name": source.name,
        "type": source.type,
        "external": source.external,
        "links": [
            call.link("self", *path),
            call.link("Authentication Source Users", *path, "users"),
        ],
    }


def show_role(call: Call, role: Role) -> dict[str, Any]:
    """``Role``."""
    return {
        "id": role.role_id,
        "name": role.name,
        "description": role.description,
        "privileges": sorted(role.privileges),
        "links": [
            call.link("self", "roles", role.role_id),
            call.link("Users", "roles", role.role_id, "users"),
        ],
    }


def show_collection(call: Call, kind: Kind, collection: AssetCollection) -> dict[str, Any]:
    """``Site`` or ``AssetGroup``."""
    return {
        "id": collection.collection_id,
        "name": collection.name,
        "description": collection.description,
        "type": collection.type,
        "assets": collection.assets,
        "riskScore": 0.0,
        "vulnerabilities": {"critical": 0, "moderate": 0, "severe": 0, "total": 0},
        "links": [call.link("self", kind.segment, collection.collection_id)],
    }


def _show_user_role(call: Call, user: User) -> dict[str, Any]:
    role = call.state.roles[user.role_id]
    name: Any = role.name
    if call.switches["role_name_object"]:
        # Seen in the fixtures of panoramicdata/Rapid7.Api; not confirmed on a console.
        name = {"key": f"role.{role.role_id}", "defaultValue": role.name, "arguments": []}
    return {
        "id": role.role_id,
        "name": name,
        "allSites": user.sites.everything,
        "allAssetGroups": user.asset_groups.everything,
        "superuser": user.superuser,
        "privileges": sorted(role.privileges),
    }
