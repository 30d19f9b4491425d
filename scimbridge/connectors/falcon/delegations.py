"""Delegations: the roles that a Flight Control user group has in the CIDs of a CID group.

The vendor calls one user group's roles in one CID group a link. Removing roles from a link without
naming any dissolves it as a whole, so roles are always named, and only a link that was read as
empty is dissolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Literal

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.mssp_reads import read_by_ids
from scimbridge.errors import VendorNotFound, VendorRejected, VendorUnavailable

Pairs = frozenset[tuple[str, str]]
"""Ids of CID groups, each with the id of a role."""

_QUERY = "/mssp/queries/mssp-roles/v1"
_LINKS = "/mssp/entities/mssp-roles/v1"
_GROUPS_AT_A_TIME = 8


class Delegations:
    """The links of one parent's user groups. Safe between threads."""

    def __init__(self, client: FalconClient) -> None:
        self._client = client

    def of(self, group_ids: Sequence[str]) -> dict[str, dict[str, frozenset[str]]]:
        """For each of the user groups, its CID groups with their roles. Raises `VendorError`."""
        found: dict[str, dict[str, frozenset[str]]] = {each: {} for each in group_ids}
        with ThreadPoolExecutor(min(_GROUPS_AT_A_TIME, len(group_ids) or 1)) as pool:
            # The copied context carries the caller's deadline into the thread.
            asked = [pool.submit(copy_context().run, self._ids, each) for each in group_ids]
            ids = [link_id for each in asked for link_id in each.result()]
        for link in read_by_ids(self._client, _LINKS, "ids", ids):
            roles = frozenset(link.get("role_ids") or ())
            found.setdefault(link["user_group_id"], {})[link["cid_group_id"]] = roles
        return found

    def change(self, group_id: str, *, before: Sequence[Pairs], wanted: Pairs) -> None:
        """Take what was in any of ``before`` and is not ``wanted``, give what is; all else stays.

        ``before`` is what the group may have delegated until now, one for each possibility.
        Removals come first, and the links are read again afterwards. Raises `VendorError`.
        """
        links = self.of([group_id])[group_id]
        shown = _pairs(links)
        superfluous = frozenset[tuple[str, str]]().union(*before) - wanted
        # Reads lag behind writes: whatever may have changed is sent, whether it is shown or not.
        uncertain = (wanted & shown) - frozenset.intersection(*before)
        refused = self._send("DELETE", group_id, superfluous & shown)
        for pair in sorted(superfluous - shown):
            # Alone, as one role that is not there may spoil the call for all.
            refused = self._send("DELETE", group_id, frozenset({pair})) or refused
        for cid_group, roles in _by_cid_group(wanted - shown).items():
            self._client.call("POST", _LINKS, json=_body(group_id, cid_group, role_ids=roles))
        for pair in sorted(uncertain):
            self._send("POST", group_id, frozenset({pair}))
        if superfluous or uncertain or wanted - shown:
            links = self.of([group_id])[group_id]
        if left := superfluous & _pairs(links):
            raise refused or VendorUnavailable(f"{_words(left)} is still shown after its removal")
        if missing := wanted - _pairs(links):
            raise VendorUnavailable(f"{_words(missing)} was accepted, and is not shown yet")
        for cid_group in {each for each, _ in superfluous}:
            if cid_group in links and not links[cid_group]:
                self._client.call("DELETE", _LINKS, json=_body(group_id, cid_group))

    def _send(
        self, method: Literal["POST", "DELETE"], group_id: str, pairs: Pairs
    ) -> VendorRejected | None:
        """Give or take roles; a refusal is returned, since what can be read afterwards decides."""
        refused = None
        for cid_group, roles in _by_cid_group(pairs).items():
            try:
                self._client.call(method, _LINKS, json=_body(group_id, cid_group, role_ids=roles))
            except VendorNotFound:
                continue
            except VendorRejected as error:
                refused = error
        return refused

    def _ids(self, group_id: str) -> list[str]:
        pages = self._client.pages(_QUERY, {"user_group_id": group_id})
        return list(dict.fromkeys(str(each) for page in pages for each in page))


def to_pairs(delegations: Iterable[Mapping[str, Any]]) -> Pairs:
    """What values of the Group extension's ``delegations`` say; several of one CID group add up."""
    return frozenset((each["cidGroup"], role) for each in delegations for role in each["roles"])


def from_links(links: Mapping[str, frozenset[str]]) -> list[dict[str, Any]]:
    """The values of the Group extension's ``delegations``. A link without roles gives nothing."""
    return [
        {"cidGroup": cid_group, "roles": sorted(roles)}
        for cid_group, roles in sorted(links.items())
        if roles
    ]


def _pairs(links: Mapping[str, frozenset[str]]) -> Pairs:
    return frozenset((cid_group, role) for cid_group, roles in links.items() for role in roles)


def _by_cid_group(pairs: Pairs) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for cid_group, role in sorted(pairs):
        grouped.setdefault(cid_group, []).append(role)
    return grouped


def _body(group_id: str, cid_group: str, **roles: list[str]) -> dict[str, Any]:
    return {"resources": [{"user_group_id": group_id, "cid_group_id": cid_group, **roles}]}


def _words(pairs: Pairs) -> str:
    return ", ".join(f"role {role} in the CID group {group}" for group, role in sorted(pairs))
