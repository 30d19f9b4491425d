"""Response policies: reading by id, writing, actions and precedence."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from scimbridge.connectors.falcon.simulator.batch import resources
from scimbridge.connectors.falcon.simulator.call import Call, Route, text
from scimbridge.connectors.falcon.simulator.envelope import (
    POLICIES,
    Answer,
    ErrorItem,
    Refusal,
)
from scimbridge.connectors.falcon.simulator.policy_json import policy_json
from scimbridge.connectors.falcon.simulator.policy_settings import PLATFORMS, changed_settings
from scimbridge.connectors.falcon.simulator.records import Policy

_ACTIONS = (
    "add-host-group",
    "add-rule-group",
    "disable",
    "enable",
    "remove-host-group",
    "remove-rule-group",
)


def retrieve(call: Call) -> Answer:
    """``GET entities/response/v1``: 404 if none of the ids is there."""
    ids = call.repeated("ids")
    found = [policy for id_ in ids if (policy := _find(call, id_))]
    errors = tuple(_not_found(id_) for id_ in ids if not _find(call, id_))
    if not found:
        raise Refusal(404, *(error.message for error in errors))
    return _show(call, found, errors=errors)


def create(call: Call) -> Answer:
    """``POST entities/response/v1``: 201, disabled, and last but for the default."""
    with _all_or_nothing(call):
        created = [_create(call, item) for item in resources(call)]
    return _show(call, created, status=201)


def update(call: Call) -> Answer:
    """``PATCH entities/response/v1``: name, description and settings; the platform stays."""
    with _all_or_nothing(call):
        updated = [_update(call, item) for item in resources(call)]
    return _show(call, updated)


def delete(call: Call) -> Answer:
    """``DELETE entities/response/v1``: disabled policies only, never a default."""
    policies = [_get(call, id_) for id_ in call.repeated("ids")]
    for policy in policies:
        if policy.is_default:
            raise Refusal(400, f"the default policy {policy.policy_id} cannot be deleted")
        if policy.enabled:
            raise Refusal(400, f"policy {policy.policy_id} must be disabled first")
    for policy in policies:
        del call.state.policies.policies[policy.policy_id]
    return Answer([policy.policy_id for policy in policies])


def act(call: Call) -> Answer:
    """``POST entities/response-actions/v1``: enable, disable, and the host groups."""
    action = call.choice("action_name", _ACTIONS, "")
    body = call.body_object()
    policies = [_get(call, id_) for id_ in call.body_ids(maximum=5000)]
    change = _change(call, action, body)
    return _show(call, [_store(call, change(policy)) for policy in policies])


def set_precedence(call: Call) -> Answer:
    """``POST entities/response-precedence/v1``: all but the default of one platform, in order."""
    body = call.body_object()
    platform = _platform(body)
    ids = call.body_ids(maximum=5000)
    book = call.state.policies
    movable = {each.policy_id for each in book.ranked(call.cid, platform) if not each.is_default}
    if sorted(ids) != sorted(movable):
        raise Refusal(400, f"ids names each {platform} policy but the default exactly once")
    book.rank(ids)
    return Answer(ids)


@contextmanager
def _all_or_nothing(call: Call) -> Iterator[None]:
    before = dict(call.state.policies.policies)
    try:
        yield
    except Refusal:
        call.state.policies.policies = before
        raise


def _create(call: Call, item: dict[str, Any]) -> Policy:
    name, platform = text(item, "name", required=True), _platform(item)
    _check_name(call, name, platform)
    source = _get(call, text(item, "clone_id")) if item.get("clone_id") else None
    settings = changed_settings(
        platform,
        source.settings if source else frozenset(),
        [] if item.get("settings") is None else item["settings"],
        enforce_rules=call.switches["policy_setting_rules"] == "enforce",
    )
    ranked = call.state.policies.ranked(call.cid, platform)
    author, now = _author(call), call.state.clock()
    return _store(
        call,
        Policy(
            policy_id=uuid.uuid4().hex,
            cid=call.cid,
            name=name,
            description=text(item, "description"),
            platform_name=platform,
            enabled=False,
            group_ids=(),
            settings=settings,
            rank=max((policy.rank for policy in ranked), default=0) + 1,
            created_by=author,
            created=now,
            modified_by=author,
            modified=now,
        ),
    )


def _update(call: Call, item: dict[str, Any]) -> Policy:
    policy = _get(call, text(item, "id", required=True))
    if "settings" not in item:
        raise Refusal(400, "settings is required")
    name = text(item, "name") or policy.name
    if name != policy.name:
        _check_name(call, name, policy.platform_name)
    merging = call.switches["policy_settings"] == "merge"
    settings = changed_settings(
        policy.platform_name,
        policy.settings if merging else frozenset(),
        item["settings"],
        enforce_rules=call.switches["policy_setting_rules"] == "enforce",
    )
    description = text(item, "description") if "description" in item else policy.description
    return _store(call, replace(policy, name=name, description=description, settings=settings))


def _change(call: Call, action: str, body: dict[str, Any]) -> Callable[[Policy], Policy]:
    if action in ("enable", "disable"):
        return lambda policy: replace(policy, enabled=action == "enable")
    if action.endswith("rule-group"):
        # Seen live (falcon-mcp #530): accepted, and nothing happens.
        _parameters(body, "rule_group_id")
        return lambda policy: policy
    group_ids = _parameters(body, "group_id")
    unknown = [each for each in group_ids if each not in call.state.policies.host_groups]
    if unknown:
        raise Refusal(400, f"no host group {unknown[0]}")
    if action == "add-host-group":
        return lambda policy: replace(
            policy, group_ids=tuple(dict.fromkeys((*policy.group_ids, *group_ids)))
        )
    return lambda policy: replace(
        policy, group_ids=tuple(each for each in policy.group_ids if each not in group_ids)
    )


def _parameters(body: dict[str, Any], name: str) -> list[str]:
    parameters = body.get("action_parameters") or []
    if not isinstance(parameters, list) or not all(isinstance(each, dict) for each in parameters):
        raise Refusal(400, "action_parameters is a list of {name, value}")
    values = [text(each, "value") for each in parameters if each.get("name") == name]
    if not values:
        raise Refusal(400, "Group action parameters must be provided")
    return values


def _platform(item: dict[str, Any]) -> str:
    platform = text(item, "platform_name", required=True)
    if platform not in PLATFORMS:
        raise Refusal(400, f"platform_name={platform!r} is not one of {', '.join(PLATFORMS)}")
    return platform


def _check_name(call: Call, name: str, platform: str) -> None:
    if any(policy.name == name for policy in call.state.policies.ranked(call.cid, platform)):
        status = call.switches["duplicate_policy_name_status"]
        raise Refusal(status, f"a {platform} policy named {name!r} exists")


def _find(call: Call, policy_id: str) -> Policy | None:
    policy = call.state.policies.policies.get(policy_id)
    return policy if policy and policy.cid in call.visible_cids else None


def _get(call: Call, policy_id: str) -> Policy:
    policy = _find(call, policy_id)
    if policy is None:
        raise Refusal(404, _not_found(policy_id).message)
    return policy


def _not_found(policy_id: str) -> ErrorItem:
    return ErrorItem(404, f"no policy {policy_id}", policy_id)


def _store(call: Call, policy: Policy) -> Policy:
    stored = replace(policy, modified=call.state.clock(), modified_by=_author(call))
    call.state.policies.policies[stored.policy_id] = stored
    return stored


def _author(call: Call) -> str:
    return f"api-client-id:{call.token.client.client_id}"


def _show(
    call: Call, policies: list[Policy], *, status: int = 200, errors: tuple[ErrorItem, ...] = ()
) -> Answer:
    shown = [policy_json(call.state.policies, policy) for policy in policies]
    return Answer(shown, status=status, errors=errors)


_READ, _WRITE = "response-policies:read", "response-policies:write"
_ENTITIES = "/policy/entities/response/v1"

ROUTES = (
    Route("GET", _ENTITIES, _READ, POLICIES, retrieve),
    Route("POST", _ENTITIES, _WRITE, POLICIES, create),
    Route("PATCH", _ENTITIES, _WRITE, POLICIES, update),
    Route("DELETE", _ENTITIES, _WRITE, POLICIES, delete),
    Route("POST", "/policy/entities/response-actions/v1", _WRITE, POLICIES, act),
    Route("POST", "/policy/entities/response-precedence/v1", _WRITE, POLICIES, set_precedence),
)
