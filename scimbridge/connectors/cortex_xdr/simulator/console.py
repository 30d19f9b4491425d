"""What people do by hand: in the Customer Support Portal, in the console, by signing in.

No route of the vendor's API creates a user; `add_account` stands for the two ways that do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from scimbridge.connectors.cortex_xdr.simulator.records import Group, Role, User
from scimbridge.errors import ConfigError

if TYPE_CHECKING:
    from scimbridge.connectors.cortex_xdr.simulator.state import CortexState

_FIELDS = {
    "given_name": "first_name",
    "family_name": "last_name",
    "phone_number": "phone_number",
    "user_type": "user_type",
    "active": "active",
    "hidden": "hidden",
}
"""Keys of an account to fields of a user."""
_TEXTS = ("given_name", "family_name", "phone_number", "user_type")
_FLAGS = ("active", "hidden", "jit")
_LISTS = ("roles", "groups", "idp_groups")
_KINDS = ("role", "user-group")
_KEYS = {"user_name", *_TEXTS, *_FLAGS, *_LISTS}


def snapshot(state: CortexState) -> dict[str, Any]:
    """Accounts, grants, groups and roles as plain JSON. A membership is a grant as well."""
    return {
        "accounts": [_account(state, user) for user in state.users.values()],
        "grants": [
            {
                "account": user.key,
                "kind": "role",
                "entitlement": user.role_id,
                "name": state.pretty_name(user.role_id),
            }
            for user in state.users.values()
            if user.role_id
        ]
        + [
            {
                "account": member,
                "kind": "user-group",
                "entitlement": group.group_id,
                "name": group.name,
                "direct": member in group.users,
            }
            for group in state.groups.values()
            for member in group.members
        ],
        "groups": [_group(group) for group in state.groups.values()],
        "roles": [asdict(role) for role in state.roles()],
    }


def add_account(state: CortexState, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Add a user in the Customer Support Portal, or with ``jit`` sign one in through the IdP.

    ``roles`` holds one role at most, ``groups`` user groups, by id or name. A sign-in creates the
    user if need be, takes over its names, and makes it an asserted member of exactly ``groups`` and
    the groups linked to ``idp_groups``. Raises `ConfigError` naming every mistake.
    """
    problems = list(_problems(state, spec))
    if problems:
        raise ConfigError(*problems)
    jit = spec.get("jit", False)
    groups = {_user_group(state, each).group_id for each in spec.get("groups", ())}
    user = _described(state, spec, jit=jit)
    state.put_user(user)
    if jit:
        _assert_groups(state, user, groups, set(spec.get("idp_groups", ())))
    else:
        state.set_direct_groups(user, groups)
    return _account(state, user)


def change_grant(
    state: CortexState, account: str, kind: str | None, entitlement: str, *, held: bool
) -> None:
    """Give or take a role or a direct membership, as an administrator does.

    ``entitlement`` is an id or a name, with or without its kind and a colon in front.
    Raises `ConfigError` if there is no such account, kind, role or group.
    """
    user = state.find_user(account)
    if user is None:
        raise ConfigError(f"no account {account!r}; give the e-mail address of a user")
    prefix, _, rest = entitlement.partition(":")
    if prefix == kind or (kind is None and prefix in _KINDS):
        kind, name = prefix, rest
    else:
        kind, name = kind or "role", entitlement
    if kind == "role":
        role = _role(state, name)
        if held:
            state.put_user(replace(user, role_id=role.role_id))
        elif user.role_id == role.role_id:
            state.put_user(replace(user, role_id=""))
    elif kind == "user-group":
        group = _user_group(state, name)
        direct = {each.group_id for each in state.groups.values() if user.key in each.users}
        changed = direct | {group.group_id} if held else direct - {group.group_id}
        state.set_direct_groups(user, changed)
    else:
        raise ConfigError(f"no kind {kind!r}; known kinds: {', '.join(_KINDS)}")


def _described(state: CortexState, spec: Mapping[str, Any], *, jit: bool) -> User:
    email = spec["user_name"]
    user = state.find_user(email) or User(email, "", "", user_type="SSO" if jit else "CSP")
    fields = {field: spec[key] for key, field in _FIELDS.items() if key in spec}
    if spec.get("roles"):
        fields["role_id"] = _role(state, spec["roles"][0]).role_id
    if jit:
        fields["last_logged_in"] = state.clock()
        if user.user_type == "CSP":
            fields.setdefault("user_type", "CSP / SSO")
    return replace(user, **fields)


def _assert_groups(
    state: CortexState, user: User, group_ids: set[str], idp_groups: set[str]
) -> None:
    for group in tuple(state.groups.values()):
        if group.directory and group.group_id not in group_ids:
            continue  # filled by the directory sync, not by sign-ins
        asserted = group.group_id in group_ids or bool(idp_groups & set(group.idp_groups))
        others = tuple(key for key in group.jit_users if key != user.key)
        jit_users = (*others, user.key) if asserted else others
        if set(jit_users) != set(group.jit_users):
            state.put_group(replace(group, jit_users=jit_users))


def _problems(state: CortexState, spec: Mapping[str, Any]) -> list[str]:
    email, jit = spec.get("user_name"), spec.get("jit", False)
    problems = [
        f"unknown key {key!r}; known keys: {', '.join(sorted(_KEYS))}"
        for key in sorted(set(spec) - _KEYS)
    ]
    problems += [
        f"{key!r} is {spec[key]!r}; give a string"
        for key in _TEXTS
        if key in spec and not isinstance(spec[key], str)
    ]
    problems += [
        f"{key!r} is {spec[key]!r}; give true or false"
        for key in _FLAGS
        if key in spec and not isinstance(spec[key], bool)
    ]
    problems += [
        f"{key!r} is {spec[key]!r}; give a list of strings"
        for key in _LISTS
        if key in spec and not _is_texts(spec[key])
    ]
    if not isinstance(email, str) or "@" not in email:
        problems.append(f"user_name {email!r} is missing or no e-mail address")
    elif state.find_user(email) and not jit:
        problems.append(f"user_name {email!r} is taken; give another, or jit for one more sign-in")
    if not problems and len(spec.get("roles", ())) > 1:
        problems.append(f"'roles' is {spec['roles']!r}; a user has one role at most")
    return problems


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _role(state: CortexState, name: str) -> Role:
    role = state.find_role(name)
    if role is None:
        named = state.roles_named(name)
        if not named:
            known = ", ".join(each.role_id for each in state.roles())
            raise ConfigError(f"no role {name!r}; give a pretty name or one of: {known}")
        role = named[0]
    return role


def _user_group(state: CortexState, name: str) -> Group:
    group = state.groups.get(name) or state.find_group(name)
    if group is None:
        known = ", ".join(each.name for each in state.groups.values())
        raise ConfigError(f"no user-group {name!r}; give an id or one of: {known}")
    return group


def _account(state: CortexState, user: User) -> dict[str, Any]:
    return {
        "native_id": user.key,
        "user_name": user.email,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "active": user.active,
        "user_type": user.user_type,
        "phone_number": user.phone_number,
        "hidden": user.hidden,
        "role": state.pretty_name(user.role_id),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "kind": "user-group",
        "native_id": group.group_id,
        "name": group.name,
        "description": group.description,
        "role_id": group.role_id,
        "members": list(group.members),
        "direct_members": list(group.users),
        "nested": list(group.nested),
        "idp_groups": list(group.idp_groups),
        "directory": group.directory,
    }
