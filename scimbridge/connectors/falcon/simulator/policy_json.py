"""Response policies and their members as they appear on the wire."""

from __future__ import annotations

from typing import Any

from scimbridge.connectors.falcon.simulator.policy_book import PolicyBook
from scimbridge.connectors.falcon.simulator.policy_settings import settings_json
from scimbridge.connectors.falcon.simulator.records import Host, HostGroup, Policy
from scimbridge.connectors.falcon.simulator.timestamps import long_timestamp


def policy_json(book: PolicyBook, policy: Policy) -> dict[str, Any]:
    """The policy with everything but its precedence, which the vendor does not return."""
    return {
        "id": policy.policy_id,
        "cid": policy.cid,
        "name": policy.name,
        "description": policy.description,
        "platform_name": policy.platform_name,
        "enabled": policy.enabled,
        "groups": [_group_json(book.host_groups[group_id]) for group_id in policy.group_ids],
        "settings": settings_json(policy.platform_name, policy.settings),
        "created_by": policy.created_by,
        "created_timestamp": long_timestamp(policy.created),
        "modified_by": policy.modified_by,
        "modified_timestamp": long_timestamp(policy.modified),
    }


def host_json(book: PolicyBook, host: Host) -> dict[str, Any]:
    """The few fields of a device record that matter here."""
    return {
        "device_id": host.device_id,
        "cid": host.cid,
        "hostname": host.hostname,
        "platform_name": host.platform_name,
        "status": host.status,
        "groups": list(host.group_ids),
        "device_policies": {
            "remote_response": {
                "policy_type": "remote-response",
                "policy_id": book.applied(host).policy_id,
                "applied": True,
            }
        },
    }


def _group_json(group: HostGroup) -> dict[str, Any]:
    created = long_timestamp(group.created)
    return {
        "id": group.group_id,
        "name": group.name,
        "description": group.description,
        "group_type": "static",
        "created_by": "mara.lind@example.com",
        "created_timestamp": created,
        "modified_by": "mara.lind@example.com",
        "modified_timestamp": created,
    }
