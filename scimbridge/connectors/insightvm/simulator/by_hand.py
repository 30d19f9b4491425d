"""The control routes' view of the console, and what an administrator does there by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scimbridge.connectors.insightvm.simulator.privileges import (
    needs_all_asset_groups,
    needs_all_sites,
)
from scimbridge.connectors.insightvm.simulator.records import (
    GLOBAL_ADMIN,
    Access,
    AuthenticationSource,
    Kind,
    Role,
    User,
)
from scimbridge.errors import ConfigError

if TYPE_CHECKING:
    from scimbridge.connectors.insightvm.simulator.state import ConsoleState

_KEYS = frozenset(
    {
        "user_name",
        "name",
        "given_name",
        "family_name",
        "email",
        "enabled",
        "locked",
        "password",
        "role",
        "authentication",
        "sites",
        "asset_groups",
        "owns_content",
    }
)


def snapshot(state: ConsoleState) -> dict[str, Any]:
    """See `scimbridge.simulation.simulator.SimulatedState.snapshot`.

    Kinds of grants are ``role``, ``site`` and ``asset-group``; a user who may see everything of a
    kind holds no grant of it.
    """
    users = state.users.values()
    return {
        "accounts": [_account(state, user) for user in users],
        "grants": [grant for user in users for grant in _grants(user)],
        "groups": [
            {
                "kind": str(kind),
                "native_id": str(each.collection_id),
                "name": each.name,
                "members": [
                    str(user.user_id)
                    for user in users
                    if each.collection_id in user.access(kind).ids
                ],
            }
            for kind, collections in state.collections.items()
            for each in collections.values()
        ],
        "roles": [
            {"native_id": role.role_id, "name": role.name, "privileges": list(role.privileges)}
            for role in state.roles.values()
        ],
    }


def add_account(state: ConsoleState, spec: Mapping[str, Any]) -> dict[str, Any]:
    """See `scimbridge.simulation.simulator.SimulatedState.add_account`."""
    if unknown := set(spec) - _KEYS:
        raise ConfigError(f"unknown keys {sorted(unknown)}; known: {sorted(_KEYS)}")
    login = spec.get("user_name")
    if not isinstance(login, str) or not login or state.find_user(login):
        raise ConfigError(f"user_name {login!r} is missing or taken; give a free login")
    names = (spec.get("given_name", ""), spec.get("family_name", ""))
    user = User(
        user_id=state.take_user_id(),
        login=login,
        name=spec.get("name") or " ".join(filter(None, names)) or login,
        role_id="user",
        source_id=_source(state, spec.get("authentication", "normal")).source_id,
        email=spec.get("email"),
        enabled=spec.get("enabled", True),
        locked=spec.get("locked", False),
        password=spec.get("password"),
        sites=Access(ids=_known_ids(state, Kind.SITE, spec.get("sites", ()))),
        asset_groups=Access(ids=_known_ids(state, Kind.ASSET_GROUP, spec.get("asset_groups", ()))),
        owns_content=spec.get("owns_content", False),
    )
    user = _with_role(state, user, _role(state, spec.get("role", "user")))
    state.save(user)
    return _account(state, user)


def change_grant(
    state: ConsoleState, account: str, kind: str | None, entitlement: str, *, held: bool
) -> None:
    """Give or take a role, a site or an asset group as an administrator does.

    ``entitlement`` is an id, or ``kind:id`` if ``kind`` is None. A user always has one role: giving
    one takes the other, taking one is not possible.
    """
    user = _account_named(state, account)
    if kind is None:
        prefix, colon, rest = entitlement.partition(":")
        known = colon and prefix in ("role", *Kind)
        kind, entitlement = (prefix, rest) if known else ("role", entitlement)
    if kind == "role":
        role = _role(state, entitlement)
        if not held:
            raise ConfigError(f"{user.login!r} cannot be without a role; grant another one instead")
        state.save(_with_role(state, user, role))
        return
    if kind not in tuple(Kind):
        raise ConfigError(f"no kind {kind!r}; known kinds: role, {', '.join(Kind)}")
    ids = _known_ids(state, Kind(kind), [entitlement])
    access = user.access(Kind(kind))
    changed = access.ids | ids if held else access.ids - ids
    state.save(user.with_access(Kind(kind), replace(access, ids=changed)))


def _with_role(state: ConsoleState, user: User, role: Role) -> User:
    """The user with a role and all that goes with it, as the console's own pages set it."""
    is_admin = role.role_id == GLOBAL_ADMIN
    source = state.sources[user.source_id]
    if not source.external:
        source = _source(state, "admin" if is_admin else "normal")
    return replace(
        user,
        role_id=role.role_id,
        superuser=is_admin,
        source_id=source.source_id,
        sites=replace(user.sites, everything=needs_all_sites(role.privileges)),
        asset_groups=replace(user.asset_groups, everything=needs_all_asset_groups(role.privileges)),
    )


def _account_named(state: ConsoleState, account: str) -> User:
    user = state.users.get(int(account)) if account.isdecimal() else state.find_user(account)
    if user is None:
        raise ConfigError(f"no account {account!r}; give an id or a login")
    return user


def _role(state: ConsoleState, role_id: str) -> Role:
    role = state.roles.get(role_id)
    if role is None:
        raise ConfigError(f"no role {role_id!r}; known: {', '.join(state.roles)}")
    return role


def _source(state: ConsoleState, source_type: str) -> AuthenticationSource:
    types = {each.type: each for each in state.sources.values()}
    if source_type not in types:
        raise ConfigError(f"no authentication {source_type!r}; known types: {', '.join(types)}")
    return types[source_type]


def _known_ids(state: ConsoleState, kind: Kind, ids: Any) -> frozenset[int]:
    known = {str(each): each for each in state.collections[kind]}
    if unknown := [each for each in ids if str(each) not in known]:
        raise ConfigError(f"no {kind} {unknown[0]!r}; known: {', '.join(known)}")
    return frozenset(known[str(each)] for each in ids)


def _account(state: ConsoleState, user: User) -> dict[str, Any]:
    return {
        "native_id": str(user.user_id),
        "user_name": user.login,
        "name": user.name,
        "email": user.email,
        "enabled": user.enabled,
        "locked": user.locked,
        "role": user.role_id,
        "authentication": state.sources[user.source_id].type,
        "all_sites": user.sites.everything,
        "all_asset_groups": user.asset_groups.everything,
        "has_password": user.password is not None,
        "reset_on_login": user.reset_on_login,
        "has_two_factor_key": user.two_factor_key is not None,
    }


def _grants(user: User) -> list[dict[str, str]]:
    held = [("role", user.role_id)]
    held += [(str(kind), str(each)) for kind in Kind for each in sorted(user.access(kind).ids)]
    return [
        {"account": str(user.user_id), "kind": kind, "entitlement": entitlement}
        for kind, entitlement in held
    ]
