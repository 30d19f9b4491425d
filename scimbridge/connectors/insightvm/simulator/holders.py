"""Sites and asset groups, and from their side which users may see them."""

from __future__ import annotations

from functools import partial

from scimbridge.connectors.insightvm.simulator.access import (
    check_known,
    grant_one,
    revoke_one,
    with_ids,
)
from scimbridge.connectors.insightvm.simulator.answers import Answer, Refusal
from scimbridge.connectors.insightvm.simulator.call import Call, Route, Who
from scimbridge.connectors.insightvm.simulator.paging import paged
from scimbridge.connectors.insightvm.simulator.records import GLOBAL_ADMIN, Kind, User
from scimbridge.connectors.insightvm.simulator.showing import show_collection, show_user

_SORTABLE = {"id": lambda each: each.collection_id, "name": lambda each: each.name}


def list_collections(kind: Kind, call: Call) -> Answer:
    """``GET /sites`` and ``/asset_groups``: a page of those that the caller may see.

    Asset groups can be searched by part of the ``name``, and by ``type``.
    """
    query = call.request.args if kind is Kind.ASSET_GROUP else {}
    part, wanted_type = query.get("name", "").lower(), query.get("type")
    access = call.actor.access(kind)
    found = [
        each
        for each in call.state.collections[kind].values()
        if access.covers(each.collection_id)
        and part in each.name.lower()
        and wanted_type in (None, each.type)
    ]
    return paged(call, found, lambda each: show_collection(call, kind, each), _SORTABLE)


def list_site_users(call: Call) -> Answer:
    """``GET /sites/{id}/users``: whole users, and no administrators."""
    users = _holders(call, Kind.SITE)
    return call.listed([show_user(call, user) for user in users if user.role_id != GLOBAL_ADMIN])


def list_asset_group_users(call: Call) -> Answer:
    """``GET /asset_groups/{id}/users``: ids."""
    return call.listed([user.user_id for user in _holders(call, Kind.ASSET_GROUP)])


def set_users(kind: Kind, call: Call) -> Answer:
    """``PUT`` of a list of user ids: replaces; who has access to all is left alone."""
    collection_id, ids = call.collection(kind).collection_id, call.body_ids()
    check_known(call, ids, call.state.users, "user")
    changed = [
        with_ids(call, kind, user, user.access(kind).ids ^ {collection_id})
        for user in call.state.users.values()
        if not user.access(kind).everything
        and (user.user_id in ids) != (collection_id in user.access(kind).ids)
    ]
    for user in changed:
        call.state.save(user)
    return call.done()


def add_site_user(call: Call) -> Answer:
    """``POST /sites/{id}/users``: the body is the id of one user who is no administrator."""
    collection_id, user_id = call.collection(Kind.SITE).collection_id, call.body()
    user = call.state.users.get(user_id) if type(user_id) is int else None
    if user is None:
        raise Refusal(400, f"There is no user with the id {user_id!r}.")
    grant_one(call, Kind.SITE, user, collection_id)
    path = ("sites", collection_id, "users", user.user_id)
    body = {"id": user.user_id, "links": [call.link("self", *path)]}
    return Answer(body, created=call.href(*path), documented_status=201)


def add_asset_group_user(call: Call) -> Answer:
    """``PUT /asset_groups/{id}/users/{userId}``."""
    collection_id = call.collection(Kind.ASSET_GROUP).collection_id
    grant_one(call, Kind.ASSET_GROUP, call.user("userId"), collection_id)
    return call.done()


def remove_user(kind: Kind, call: Call) -> Answer:
    """``DELETE`` of one user."""
    revoke_one(call, kind, call.user("userId"), call.collection(kind).collection_id)
    return call.done()


def _holders(call: Call, kind: Kind) -> list[User]:
    collection_id = call.collection(kind).collection_id
    return [user for user in call.state.users.values() if user.access(kind).covers(collection_id)]


_SITE_USERS, _GROUP_USERS = "/sites/<int:id>/users", "/asset_groups/<int:id>/users"

ROUTES = (
    Route("GET", "/sites", partial(list_collections, Kind.SITE), Who.ANYBODY),
    Route("GET", "/asset_groups", partial(list_collections, Kind.ASSET_GROUP), Who.ANYBODY),
    Route("GET", _SITE_USERS, list_site_users),
    Route("PUT", _SITE_USERS, partial(set_users, Kind.SITE)),
    Route("POST", _SITE_USERS, add_site_user),
    Route("DELETE", f"{_SITE_USERS}/<int:userId>", partial(remove_user, Kind.SITE)),
    Route("GET", _GROUP_USERS, list_asset_group_users),
    Route("PUT", _GROUP_USERS, partial(set_users, Kind.ASSET_GROUP)),
    Route("PUT", f"{_GROUP_USERS}/<int:userId>", add_asset_group_user),
    Route("DELETE", f"{_GROUP_USERS}/<int:userId>", partial(remove_user, Kind.ASSET_GROUP)),
)
