"""Response policies, host groups and hosts, and which policy a host gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from scimbridge.connectors.falcon.simulator.records import Host, HostGroup, Policy


class PolicyBook:
    """The policies of all CIDs. Not locked by itself: every caller holds the state's lock."""

    def __init__(
        self, policies: Iterable[Policy], host_groups: Iterable[HostGroup], hosts: Iterable[Host]
    ) -> None:
        self.policies = {policy.policy_id: policy for policy in policies}
        self.host_groups = {group.group_id: group for group in host_groups}
        self.hosts = {host.device_id: host for host in hosts}

    def ranked(self, cid: str, platform: str) -> list[Policy]:
        """The policies of one platform in one CID, the first to apply first, the default last."""
        found = [
            policy
            for policy in self.policies.values()
            if policy.cid == cid and policy.platform_name == platform
        ]
        return sorted(found, key=lambda policy: (policy.is_default, policy.rank))

    def precedence(self, policy: Policy) -> int:
        """The policy's place among those of its platform and CID, from 1."""
        return self.ranked(policy.cid, policy.platform_name).index(policy) + 1

    def rank(self, policy_ids: Iterable[str]) -> None:
        """Put these policies into this order."""
        for rank, policy_id in enumerate(policy_ids, start=1):
            self.policies[policy_id] = replace(self.policies[policy_id], rank=rank)

    def applied(self, host: Host) -> Policy:
        """The first enabled policy that is attached to a group of the host, else the default."""
        ranked = self.ranked(host.cid, host.platform_name)
        return next(
            (each for each in ranked if each.enabled and set(each.group_ids) & set(host.group_ids)),
            ranked[-1],
        )
