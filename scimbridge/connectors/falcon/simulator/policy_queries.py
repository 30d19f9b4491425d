"""Response policies: the routes that list policies and the hosts that are their members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from scimbridge.connectors.falcon.simulator import fql
from scimbridge.connectors.falcon.simulator.call import Call, Route
from scimbridge.connectors.falcon.simulator.envelope import POLICIES, Answer, Page, Refusal
from scimbridge.connectors.falcon.simulator.filtering import filtered
from scimbridge.connectors.falcon.simulator.policy_json import host_json, policy_json
from scimbridge.connectors.falcon.simulator.records import Host, Policy
from scimbridge.connectors.falcon.simulator.timestamps import long_timestamp

_SORT_FIELDS = (
    "created_by",
    "created_timestamp",
    "enabled",
    "modified_by",
    "modified_timestamp",
    "name",
    "platform_name",
    "precedence",
)
_HOST_FIELDS: dict[str, Callable[[Host], Any]] = {
    "device_id": lambda host: host.device_id,
    "cid": lambda host: host.cid,
    "hostname": lambda host: host.hostname,
    "platform_name": lambda host: host.platform_name,
    "status": lambda host: host.status,
    "groups": lambda host: host.group_ids,
}


def query_policies(call: Call) -> Answer:
    """``GET queries/response/v1``: ids."""
    policies, page = _policies(call)
    return Answer([policy.policy_id for policy in policies], page=page)


def combined_policies(call: Call) -> Answer:
    """``GET combined/response/v1``: policies, and the next offset."""
    policies, page = _policies(call)
    shown = [policy_json(call.state.policies, policy) for policy in policies]
    return _combined(call, shown, page)


def query_members(call: Call) -> Answer:
    """``GET queries/response-members/v1``: agent ids."""
    hosts, page = _members(call)
    return Answer([host.device_id for host in hosts], page=page)


def combined_members(call: Call) -> Answer:
    """``GET combined/response-members/v1``: device records, and the next offset."""
    hosts, page = _members(call)
    return _combined(call, [host_json(call.state.policies, host) for host in hosts], page)


def _combined(call: Call, shown: Sequence[Any], page: Page) -> Answer:
    # Seen by Terraform's provider, which pages by this value; user management echoes instead.
    if call.switches["policy_offset"] == "next":
        page = replace(page, offset=page.offset + len(shown))
    return Answer(shown, page=page)


def _policies(call: Call) -> tuple[Sequence[Policy], Page]:
    book = call.state.policies
    # By id: a parent's list has the policies of all its CIDs mixed up.
    policies = sorted(
        (policy for policy in book.policies.values() if policy.cid in call.visible_cids),
        key=lambda policy: policy.policy_id,
    )
    fields: dict[str, Callable[[Policy], Any]] = {
        "id": lambda policy: policy.policy_id,
        "name": lambda policy: policy.name,
        "platform_name": lambda policy: policy.platform_name,
        "enabled": lambda policy: policy.enabled,
        "created_by": lambda policy: policy.created_by,
        "modified_by": lambda policy: policy.modified_by,
        "created_timestamp": lambda policy: long_timestamp(policy.created),
        "modified_timestamp": lambda policy: long_timestamp(policy.modified),
        "precedence": book.precedence,
    }
    policies = filtered(
        call, policies, fields, holds=_holds, unsupported=call.switches["policy_unsupported_field"]
    )
    _sort(call, policies, {name: fields[name] for name in _SORT_FIELDS})
    return call.page(policies, default=100, maximum=5000)


def _holds(term: fql.Term, actual: Any) -> bool:
    """What the vendor makes of a condition on a policy (falcon-mcp, live-validated)."""
    if term.field in ("created_by", "modified_by"):
        return False
    if term.field == "name" and "~" not in term.operator:
        # Equality finds the default policies and hardly any other; an asterisk stands for itself.
        equal = replace(term, operator="!" if "!" in term.operator else "")
        return actual == "platform_default" and fql.holds(equal, actual)
    return fql.holds(term, actual)


def _members(call: Call) -> tuple[Sequence[Host], Page]:
    book = call.state.policies
    hosts = [host for host in book.hosts.values() if host.cid in call.visible_cids]
    policy_id = call.parameter("id")
    if policy_id:
        policy = book.policies.get(policy_id)
        if policy is None or policy.cid not in call.visible_cids:
            raise Refusal(404, f"no policy {policy_id}")
        hosts = [host for host in hosts if book.applied(host) == policy]
    hosts = filtered(
        call, hosts, _HOST_FIELDS, unsupported=call.switches["policy_unsupported_field"]
    )
    _sort(call, hosts, _HOST_FIELDS)
    return call.page(hosts, default=100, maximum=5000)


def _sort(call: Call, items: list[Any], fields: dict[str, Callable[[Any], Any]]) -> None:
    order = call.parameter("sort")
    if not order:
        return
    name, _, way = order.partition(".")
    if name not in fields or way not in ("asc", "desc"):
        raise Refusal(400, f"sort={order!r} is not one of {', '.join(fields)} with .asc or .desc")
    if name == "platform_name":
        # Live behaviour (falcon-mcp, integration tests of 2026-06).
        raise Refusal(500, "internal error")
    items.sort(key=partial(_sort_key, fields[name]), reverse=way == "desc")


def _sort_key(value: Callable[[Any], Any], item: Any) -> Any:
    key = value(item)
    return key.lower() if isinstance(key, str) else key


_READ = "response-policies:read"

ROUTES = (
    Route("GET", "/policy/queries/response/v1", _READ, POLICIES, query_policies),
    Route("GET", "/policy/combined/response/v1", _READ, POLICIES, combined_policies),
    Route("GET", "/policy/queries/response-members/v1", _READ, POLICIES, query_members),
    Route("GET", "/policy/combined/response-members/v1", _READ, POLICIES, combined_members),
)
