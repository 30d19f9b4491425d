"""Which sites and asset groups a user may see, from the user's side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from scimbridge.connectors.insightvm.simulator.answers import Answer, Refusal
from scimbridge.connectors.insightvm.simulator.call import Call, Route, Who
from scimbridge.connectors.insightvm.simulator.edits import refuse_site_owner
from scimbridge.connectors.insightvm.simulator.records import SITE_OWNER, Kind, User


def list_access(kind: Kind, call: Call) -> Answer:
    """``GET``: ids."""
    access = call.user().access(kind)
    if not access.everything:
        return call.listed(sorted(access.ids))
    shows_all = call.switches["all_access_reads"] == "all"
    return call.listed(sorted(call.state.collections[kind]) if shows_all else [])


def set_access(kind: Kind, call: Call) -> Answer:
    """``PUT`` of a list: replaces; ignored for a user who has access to all."""
    user, ids = call.user(), call.body_ids()
    if not user.access(kind).everything:
        check_known(call, ids, call.state.collections[kind], kind)
        call.state.save(with_ids(call, kind, user, ids))
    return call.done()


def clear_access(kind: Kind, call: Call) -> Answer:
    """``DELETE`` of the list."""
    call.state.save(with_ids(call, kind, call.user(), frozenset()))
    return call.done()


def add_access(kind: Kind, call: Call) -> Answer:
    """``PUT`` of one."""
    user, collection = call.user(), call.collection(kind, kind.variable)
    grant_one(call, kind, user, collection.collection_id)
    return call.done()


def remove_access(kind: Kind, call: Call) -> Answer:
    """``DELETE`` of one."""
    user, collection = call.user(), call.collection(kind, kind.variable)
    revoke_one(call, kind, user, collection.collection_id)
    return call.done()


def grant_one(call: Call, kind: Kind, user: User, collection_id: int) -> None:
    """Give access to one site or asset group. Raises `Refusal`."""
    access = user.access(kind)
    if not access.everything:
        call.state.save(with_ids(call, kind, user, access.ids | {collection_id}))
    elif (status := call.switches["add_to_all_access_status"]) != 200:
        raise Refusal(status, f"The user already has access to every {kind}.")


def revoke_one(call: Call, kind: Kind, user: User, collection_id: int) -> None:
    """Take access to one site or asset group. Raises `Refusal`."""
    ids = user.access(kind).ids
    if collection_id not in ids and (status := call.switches["remove_unheld_status"]) != 200:
        raise Refusal(status, f"The user has no access of its own to the {kind} {collection_id}.")
    call.state.save(with_ids(call, kind, user, ids - {collection_id}))


def with_ids(call: Call, kind: Kind, user: User, ids: frozenset[int]) -> User:
    """The user seeing just ``ids`` of a kind. Raises `Refusal` for a site owner's asset groups."""
    if kind is Kind.ASSET_GROUP and user.role_id == SITE_OWNER and ids:
        refuse_site_owner(call)
    return user.with_access(kind, replace(user.access(kind), ids=ids))


def check_known(call: Call, ids: Iterable[int], known: Iterable[int], what: str) -> None:
    """Raise `Refusal` for a list with an unknown id (``unknown_in_list_status``)."""
    if unknown := set(ids) - set(known):
        status = call.switches["unknown_in_list_status"]
        raise Refusal(status, f"There is no {what} with the id {min(unknown)}.")


def _routes(kind: Kind) -> tuple[Route, ...]:
    def view(act: Callable[[Kind, Call], Answer]) -> Callable[[Call], Answer]:
        return partial(act, kind)

    path = f"/users/<int:id>/{kind.segment}"
    one = f"{path}/<int:{kind.variable}>"
    return (
        Route("GET", path, view(list_access), Who.ADMINISTRATOR_OR_SELF),
        Route("PUT", path, view(set_access)),
        Route("DELETE", path, view(clear_access)),
        Route("PUT", one, view(add_access)),
        Route("DELETE", one, view(remove_access)),
    )


ROUTES = (*_routes(Kind.SITE), *_routes(Kind.ASSET_GROUP))
