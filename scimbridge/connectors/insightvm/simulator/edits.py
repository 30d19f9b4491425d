"""What a client writes of a user (``UserEdit``): its reading, and the rules it must satisfy."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from scimbridge.connectors.insightvm.simulator.answers import Refusal
from scimbridge.connectors.insightvm.simulator.call import Call
from scimbridge.connectors.insightvm.simulator.passwords import check_password
from scimbridge.connectors.insightvm.simulator.privileges import (
    needs_all_asset_groups,
    needs_all_sites,
)
from scimbridge.connectors.insightvm.simulator.records import (
    GLOBAL_ADMIN,
    SITE_OWNER,
    AuthenticationSource,
    Locale,
    Role,
    User,
)

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class UserEdit:
    """A user as written. What is absent from the body is None here, as null is.

    The password is the one to be stored.
    """

    login: str
    name: str
    email: str | None
    enabled: bool
    locale: Locale | None
    password: str | None
    reset_on_login: bool
    source: AuthenticationSource
    role: Role
    all_sites: bool
    all_asset_groups: bool
    superuser: bool


def read_edit(call: Call, current: User | None) -> UserEdit:
    """The body as an edit that may be carried out; ``current`` is the user who is replaced.

    Members that the console does not know, or that are read-only, are ignored. Raises `Refusal`.
    """
    edit = _parse(call, current)
    if current and call.switches["login_rename"] == "ignore":
        edit = replace(edit, login=current.login)
    _check_login(call, edit, current)
    _check_flags(call, edit)
    _check_source(call, edit)
    if edit.email and call.switches["email_must_be_address"] and not _ADDRESS.fullmatch(edit.email):
        raise Refusal(400, f"{edit.email!r} is not an e-mail address.")
    return replace(edit, password=_password(call, edit, current))


def _parse(call: Call, current: User | None) -> UserEdit:
    body = call.body_object()
    role = _required(body, "role", dict)
    enabled = _member(body, "enabled", bool)
    if enabled is None:
        enabled = current is None or call.switches["omitted_enabled"]
    return UserEdit(
        login=_required(body, "login", str),
        name=_required(body, "name", str),
        email=_member(body, "email", str),
        enabled=enabled,
        locale=_locale(_member(body, "locale", dict)),
        password=_member(body, "password", str),
        reset_on_login=_member(body, "passwordResetOnLogin", bool) or False,
        source=_source(call, _member(body, "authentication", dict), current),
        role=_role(call, _required(role, "id", str)),
        all_sites=_member(role, "allSites", bool) or False,
        all_asset_groups=_member(role, "allAssetGroups", bool) or False,
        superuser=_member(role, "superuser", bool) or False,
    )


def _required(body: dict[str, Any], name: str, kind: type[Value]) -> Value:
    value = _member(body, name, kind)
    if value is None or value == "":
        raise Refusal(400, f"{name} is required.")
    return value


def _member(body: dict[str, Any], name: str, kind: type[Value]) -> Value | None:
    value = body.get(name)
    # Not isinstance: JSON's true is no number.
    if value is not None and type(value) is not kind:
        raise Refusal(400, f"{name} is not of the type {kind.__name__}.")
    return value


def _locale(locale: dict[str, Any] | None) -> Locale | None:
    if locale is None:
        return None
    return Locale(_member(locale, "default", str), _member(locale, "reports", str))


def _role(call: Call, role_id: str) -> Role:
    role = call.state.roles.get(role_id)
    if role is None:
        raise Refusal(400, f"There is no role {role_id!r}.")
    return role


def _source(
    call: Call, authentication: dict[str, Any] | None, current: User | None
) -> AuthenticationSource:
    sources = call.state.sources
    if authentication is None:
        rule = call.switches["omitted_authentication"]
        if rule == "reject":
            raise Refusal(400, "authentication is required.")
        if rule == "keep" and current is not None:
            return sources[current.source_id]
        authentication = {"type": "normal"}
    source_type = _required(authentication, "type", str)
    source_id = _member(authentication, "id", int)
    fitting = [
        each
        for each in sources.values()
        if each.type == source_type and source_id in (None, each.source_id)
    ]
    if not fitting:
        which = "" if source_id is None else f" with the id {source_id}"
        raise Refusal(400, f"There is no authentication source of type {source_type!r}{which}.")
    return fitting[0]


def _check_login(call: Call, edit: UserEdit, current: User | None) -> None:
    switches = call.switches
    if current and edit.login != current.login and switches["login_rename"] == "reject":
        raise Refusal(400, "The login of a user cannot be changed.")
    holder = call.state.find_user(edit.login)
    if holder is not None and (current is None or holder.user_id != current.user_id):
        status = switches["duplicate_login_status"]
        raise Refusal(status, f"A user with the login '{edit.login}' already exists.")


def _check_flags(call: Call, edit: UserEdit) -> None:
    privileges, role_id = edit.role.privileges, edit.role.role_id
    if call.switches["forced_flags"] == "reject":
        if needs_all_sites(privileges) and not edit.all_sites:
            raise Refusal(400, f"The role {role_id!r} requires access to all sites.")
        if needs_all_asset_groups(privileges) and not edit.all_asset_groups:
            raise Refusal(400, f"The role {role_id!r} requires access to all asset groups.")
        if edit.superuser != (role_id == GLOBAL_ADMIN):
            raise Refusal(400, "superuser goes with the role of a global administrator, only.")
    if edit.all_asset_groups and role_id == SITE_OWNER:
        refuse_site_owner(call)


def _check_source(call: Call, edit: UserEdit) -> None:
    expected = "admin" if edit.role.role_id == GLOBAL_ADMIN else "normal"
    fits = edit.source.external or edit.source.type == expected
    if not fits and call.switches["local_source_rule"] == "reject":
        raise Refusal(
            400,
            f"A local user with the role {edit.role.role_id!r} has the authentication type"
            f" {expected!r}, not {edit.source.type!r}.",
        )


def _password(call: Call, edit: UserEdit, current: User | None) -> str | None:
    kept: str | None = None
    # A password that another directory keeps is not the console's to change, nor to take over.
    if current and call.state.sources[current.source_id].external == edit.source.external:
        kept = current.password
    if edit.source.external:
        return kept
    if edit.password is not None:
        check_password(edit.password, call.switches)
        return edit.password
    if kept is None or call.switches["put_requires_password"]:
        raise Refusal(400, "password is required for a local user.")
    return kept


def refuse_site_owner(call: Call) -> None:
    """Raise `Refusal` 400 for asset groups of a site owner, but for the switch."""
    if call.switches["site_owner_asset_groups"] == "reject":
        raise Refusal(400, "A site owner has no access to asset groups.")
