"""The response policies, host groups and hosts that the simulated Falcon starts with."""

from __future__ import annotations

from uuid import NAMESPACE_OID, uuid5

from scimbridge.connectors.falcon.simulator.policy_book import PolicyBook
from scimbridge.connectors.falcon.simulator.policy_settings import PLATFORMS
from scimbridge.connectors.falcon.simulator.records import Host, HostGroup, Policy
from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID

LAPTOPS = "4f0c8a6e1d7b42e9936a5c2f80b1d74e"
SERVERS = "b83e5d1f90a74c26a4e7d8093f6c1b25"
LAPTOP_POLICY_ID = "c5a9e20d7b6f41388e04d1f7a3b96c52"
SERVER_POLICY_ID = "07d6b3f8e4a1495cb2908c5e7f1da364"

_DAY = 86_400.0
_AUTHOR = "mara.lind@example.com"
_HOSTS = (
    ("lap-0412", "Windows", (LAPTOPS,)),
    ("lap-0977", "Windows", (LAPTOPS,)),
    ("mac-0031", "Mac", (LAPTOPS,)),
    ("db-primary", "Linux", (SERVERS,)),
    ("kiosk-3", "Windows", ()),
)


def default_policy_id(cid: str, platform: str) -> str:
    """The id of the default policy of a platform in a CID."""
    return uuid5(NAMESPACE_OID, f"{cid}/{platform}").hex


def seeded_policies(now: float) -> PolicyBook:
    """Defaults for every CID and platform, and two policies of the parent."""
    created = now - 200 * _DAY
    defaults = [
        _policy(default_policy_id(cid, platform), cid, "platform_default", platform, created)
        for cid in (PARENT_CID, *CHILD_CIDS)
        for platform in PLATFORMS
    ]
    own = [
        _policy(
            LAPTOP_POLICY_ID,
            PARENT_CID,
            "Responders on laptops",
            "Windows",
            created,
            groups=(LAPTOPS,),
            settings=frozenset({"RealTimeFunctionality", "GetCommand"}),
        ),
        _policy(
            SERVER_POLICY_ID,
            PARENT_CID,
            "Servers",
            "Linux",
            created + _DAY,
            enabled=False,
            groups=(SERVERS,),
        ),
    ]
    groups = [
        HostGroup(LAPTOPS, PARENT_CID, "Laptops", "", created),
        HostGroup(SERVERS, PARENT_CID, "Servers", "", created),
    ]
    hosts = [
        Host(uuid5(NAMESPACE_OID, name).hex, PARENT_CID, name, platform, group_ids)
        for name, platform, group_ids in _HOSTS
    ]
    return PolicyBook([*defaults, *own], groups, hosts)


def _policy(
    policy_id: str,
    cid: str,
    name: str,
    platform: str,
    created: float,
    *,
    enabled: bool = True,
    groups: tuple[str, ...] = (),
    settings: frozenset[str] = frozenset(),
) -> Policy:
    return Policy(
        policy_id=policy_id,
        cid=cid,
        name=name,
        description="",
        platform_name=platform,
        enabled=enabled,
        group_ids=groups,
        settings=settings,
        rank=1,
        created_by=_AUTHOR,
        created=created,
        modified_by=_AUTHOR,
        modified=created,
    )
