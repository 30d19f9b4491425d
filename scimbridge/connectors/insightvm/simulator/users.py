"""Users: list, create, read, replace, delete, unlock, change one's own password."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scimbridge.connectors.insightvm.simulator.answers import Answer, Refusal
from scimbridge.connectors.insightvm.simulator.call import Call, Route, Who
from scimbridge.connectors.insightvm.simulator.edits import UserEdit, read_edit
from scimbridge.connectors.insightvm.simulator.paging import paged
from scimbridge.connectors.insightvm.simulator.passwords import check_password
from scimbridge.connectors.insightvm.simulator.records import GLOBAL_ADMIN, Access, User
from scimbridge.connectors.insightvm.simulator.showing import show_user

_BUILT_IN_USER_ID = 1

_SORTABLE = {
    "id": lambda user: user.user_id,
    "login": lambda user: user.login,
    "name": lambda user: user.name,
    "email": lambda user: user.email,
    "enabled": lambda user: user.enabled,
}


def list_users(call: Call) -> Answer:
    """``GET /users``: a page. There is no filter."""
    users = list(call.state.users.values())
    allowed = call.switches["sortable_user_properties"]
    sortable = {name: key for name, key in _SORTABLE.items() if name in allowed}
    return paged(call, users, lambda user: show_user(call, user), sortable)


def create_user(call: Call) -> Answer:
    """``POST /users``: the id of the new user, with two ``self`` links as the vendor has them."""
    edit = read_edit(call, None)
    user_id = call.state.take_user_id()
    blank = User(user_id, edit.login, edit.name, edit.role.role_id, edit.source.source_id)
    call.state.save(_edited(call, blank, edit))
    links = [call.link("self", "users"), call.link("self", "users", user_id)]
    return Answer({"id": user_id, "links": links}, created=call.href("users", user_id))


def get_user(call: Call) -> Answer:
    """``GET /users/{id}``."""
    return Answer(show_user(call, call.user()))


def replace_user(call: Call) -> Answer:
    """``PUT /users/{id}``: what is omitted is lost, access to sites and asset groups with it."""
    user = call.user()
    edit = read_edit(call, user)
    call.state.save(_edited(call, user, edit))
    return call.done()


def delete_user(call: Call) -> Answer:
    """``DELETE /users/{id}``."""
    user = call.user()
    if call.switches["protected_delete"] == "reject":
        _refuse_protected(call, user)
    if user.owns_content and call.switches["delete_content_owner"] == "reject":
        raise Refusal(400, "The user owns reports or tickets, which must be reassigned first.")
    call.state.delete(user)
    return call.done()


def unlock_user(call: Call) -> Answer:
    """``DELETE /users/{id}/lock``: a disabled user cannot be unlocked."""
    user = call.user()
    if not user.enabled and call.switches["unlock_disabled"] == "reject":
        raise Refusal(400, "A disabled user cannot be unlocked.")
    if not user.locked and (status := call.switches["unlock_unlocked_status"]) != 200:
        raise Refusal(status, "The user is not locked.")
    call.state.save(replace(user, locked=False, failures=0))
    return call.done()


def reset_password(call: Call) -> Answer:
    """``PUT /users/{id}/password``: users change their own password, nobody else's."""
    user, password = call.user(), call.body_text()
    if call.state.sources[user.source_id].external:
        raise Refusal(400, "The password of this user is not kept by the console.")
    check_password(password, call.switches)
    call.state.save(replace(user, password=password, reset_on_login=False))
    return call.done()


def get_privileges(call: Call) -> Answer:
    """``GET /users/{id}/privileges``: those of the role."""
    return call.listed(sorted(call.state.roles[call.user().role_id].privileges))


def _edited(call: Call, user: User, edit: UserEdit) -> User:
    clear = call.switches["put_clears_access"]
    return replace(
        user,
        login=edit.login,
        name=edit.name,
        email=edit.email,
        enabled=edit.enabled,
        locale=edit.locale,
        password=edit.password,
        reset_on_login=edit.reset_on_login and not edit.source.external,
        source_id=edit.source.source_id,
        role_id=edit.role.role_id,
        superuser=edit.superuser,
        sites=Access(edit.all_sites, frozenset() if clear else user.sites.ids),
        asset_groups=Access(edit.all_asset_groups, frozenset() if clear else user.asset_groups.ids),
    )


def _refuse_protected(call: Call, user: User) -> None:
    administrators = [each for each in call.state.users.values() if each.role_id == GLOBAL_ADMIN]
    reasons: dict[str, Any] = {
        "Users cannot delete themselves.": user.user_id == call.actor.user_id,
        "The built-in administrator cannot be deleted.": user.user_id == _BUILT_IN_USER_ID,
        "The last global administrator cannot be deleted.": administrators == [user],
    }
    for reason, applies in reasons.items():
        if applies:
            raise Refusal(400, reason)


_USER = "/users/<int:id>"

ROUTES = (
    Route("GET", "/users", list_users),
    Route("POST", "/users", create_user),
    Route("GET", _USER, get_user, Who.ADMINISTRATOR_OR_SELF),
    Route("PUT", _USER, replace_user),
    Route("DELETE", _USER, delete_user),
    Route("DELETE", f"{_USER}/lock", unlock_user),
    Route("PUT", f"{_USER}/password", reset_password, Who.SELF),
    Route("GET", f"{_USER}/privileges", get_privileges),
)
