"""Response policies: what may be done in a Real Time Response session, and on which hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.fql import joined
from scimbridge.connectors.falcon.policy_fql import POLICIES, VENDOR_ID, equal, resembling
from scimbridge.connectors.falcon.policy_lists import PolicyList
from scimbridge.connectors.falcon.policy_mapping import (
    DEFAULT_NAME,
    change,
    creation,
    host_groups,
    to_policy,
)
from scimbridge.connectors.falcon.record_types import RecordType
from scimbridge.connectors.interface import Record, RecordPage, RecordQuery, RecordVerb
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorError,
    VendorNotFound,
    VendorRejected,
)
from scimbridge.scim.filters import Filter, equality_conjuncts

_ENTITIES = "/policy/entities/response/v1"
_ACTIONS = "/policy/entities/response-actions/v1"
_PRECEDENCE = "/policy/entities/response-precedence/v1"
_NO_POLICY = "0" * 32

_Action = Literal["enable", "disable", "add-host-group", "remove-host-group"]
_RawPolicy = Mapping[str, Any]


class ResponsePolicies(RecordType):
    """The policies of one CID. ``cid`` gives it.

    ``sees_children``: the API client belongs to a Flight Control parent, whose lists have the
    policies of all its CIDs mixed up; only those of its own are shown and changed.
    ``disable_first``: an enabled policy may be deleted, which takes disabling it.
    """

    verbs: ClassVar[frozenset[RecordVerb]] = frozenset({"create", "update", "delete"})

    def __init__(
        self,
        client: FalconClient,
        cid: Callable[[], str],
        *,
        sees_children: bool,
        disable_first: bool,
    ) -> None:
        self._client = client
        self._cid = cid
        self._sees_children = sees_children
        self._disable_first = disable_first
        self._list = PolicyList(
            client,
            combined="/policy/combined/response/v1",
            ids="/policy/queries/response/v1",
            key="id",
            vocabulary=POLICIES,
            # Not by name, of which the vendor's alphabet is unknown, nor by platform: answered 500
            # (falcon-mcp, integration tests of 2026-06).
            sorts={
                "enabled": "enabled",
                "precedence": "precedence",
                "meta.created": "created_timestamp",
                "meta.lastModified": "modified_timestamp",
            },
            order="created_timestamp.asc",
        )

    def check(self) -> None:
        """See `Connector.check`. Writing is proven by updating a policy that cannot exist."""
        self._client.call("GET", self._list.ids, params={"limit": 1})
        update = {"resources": [{"id": _NO_POLICY, "settings": []}]}
        try:
            self._client.call("PATCH", _ENTITIES, json=update)
        except (VendorNotFound, VendorRejected):
            return

    # --- reading ---------------------------------------------------------------------------

    def records(self, where: Filter | None, owner: str | None) -> Iterator[Record]:
        """See `Connector.records`."""
        yield from self._shown(filter(self._is_ours, self._list.superset(where, {})))

    def page(self, query: RecordQuery, owner: str | None) -> RecordPage | None:
        """See `Connector.record_page`."""
        if self._sees_children:
            return None
        if query.sort_by == "precedence" and "platformName" not in _equalities(query.where):
            # Places count within a platform.
            return None
        found = self._list.page(query, {})
        if found is None:
            return None
        policies, total = found
        return RecordPage(self._shown(policies), total) if self._all_ours(policies) else None

    def read(self, record_id: str, owner: str | None) -> Record | None:
        """See `Connector.read_record`."""
        policy = self.find(record_id)
        return None if policy is None else self._shown([policy])[0]

    def find(self, policy_id: str) -> _RawPolicy | None:
        """The vendor's own form of a policy of this CID, or None."""
        if VENDOR_ID.fullmatch(policy_id) is None:
            return None
        try:
            found = self._client.call("GET", _ENTITIES, params={"ids": [policy_id]}).resources
        except VendorNotFound:
            return None
        return next(
            (each for each in found if each["id"] == policy_id and self._is_ours(each)), None
        )

    # --- writing ---------------------------------------------------------------------------

    def create(self, record: Record) -> str:
        """See `Connector.create_record`. What takes actions is done to the policy once it is there.

        If that fails the policy is deleted again: it would stand in the way of the next attempt.
        """
        host_groups(record)
        body = {"resources": [creation(record)]}
        with self._taken_name(record):
            reply = self._client.call("POST", _ENTITIES, json=body, repeatable=False)
        created = next(iter(reply.resources), None)
        if created is None:
            raise OutcomeUnknown(
                f"the answer to creating the response policy {record['name']!r} shows none; "
                "it may have been created all the same",
                trace_id=reply.trace_id,
            )
        given = {name: value for name, value in record.items() if name != "cloneId"}
        before = to_policy(created, None)
        try:
            self.update(before, {**before, **given})
        except VendorError as error:
            self._withdraw(before, error)
            raise
        return str(created["id"])

    def update(self, before: Record, after: Record) -> None:
        """See `Connector.update_record`. What takes from people goes first, enabling last."""
        if "cloneId" in after:
            raise VendorRejected(
                "cloneId counts when a policy is created; leave it out, or create another policy"
            )
        policy_id = before["id"]
        groups, had = host_groups(after), host_groups(before)
        texts_and_settings = change(before, after)
        order = self._new_order(before, after)
        enabled, was_enabled = after.get("enabled") is True, before["enabled"]

        if was_enabled and not enabled:
            self._act(policy_id, "disable")
        if had - groups:
            self._act(policy_id, "remove-host-group", had - groups)
        if texts_and_settings:
            with self._taken_name(after, unless=before["name"]):
                self._client.call("PATCH", _ENTITIES, json={"resources": [texts_and_settings]})
        if groups - had:
            self._act(policy_id, "add-host-group", groups - had)
        if order is not None:
            body = {"ids": order, "platform_name": before["platformName"]}
            self._client.call("POST", _PRECEDENCE, json=body)
        if enabled and not was_enabled:
            self._act(policy_id, "enable")

    def delete(self, record_id: str) -> None:
        """See `Connector.delete_record`."""
        policy = self.find(record_id)
        if policy is None:
            return
        if policy["name"] == DEFAULT_NAME:
            raise VendorConflict(
                f"{DEFAULT_NAME} is the default response policy of {policy['platform_name']}, "
                "which cannot be deleted"
            )
        if policy.get("enabled"):
            if not self._disable_first:
                raise VendorConflict(
                    f"the response policy {policy['name']!r} is enabled; set enabled to false "
                    'before deleting it, or set delete_enabled_policies = "disable"'
                )
            self._act(record_id, "disable")
        try:
            self._client.call("DELETE", _ENTITIES, params={"ids": [record_id]})
        except VendorNotFound:
            return

    # --- below the contract ----------------------------------------------------------------

    def _withdraw(self, created: Record, error: VendorError) -> None:
        """Delete a policy that was not completed; ``error`` is why."""
        try:
            self._act(created["id"], "disable")
            self._client.call("DELETE", _ENTITIES, params={"ids": [created["id"]]})
        except VendorError as second:
            raise OutcomeUnknown(
                f"{error}; the response policy {created['name']!r} ({created['id']}) was created "
                f"without it, and could not be deleted again: {second}"
            ) from error

    def _act(self, policy_id: str, action: _Action, groups: Iterable[str] = ()) -> None:
        body = {
            "ids": [policy_id],
            "action_parameters": [{"name": "group_id", "value": each} for each in sorted(groups)],
        }
        self._client.call("POST", _ACTIONS, params={"action_name": action}, json=body)

    def _new_order(self, before: Record, after: Record) -> list[str] | None:
        """The platform's policies with this one at its new place; None if it has that place.

        Those of other CIDs and the default are left out, as the vendor demands (TF#439, #445).
        """
        place, platform = after.get("precedence"), before["platformName"]
        if place == before.get("precedence"):
            return None
        if place is None:
            raise VendorRejected(
                f"every response policy has a precedence; that of {before['name']!r} is "
                f"{before['precedence']}: send this, or another place"
            )
        policies = self._list.rows(equal("platform_name", platform), {"sort": "precedence.asc"})
        ids = [
            each["id"]
            for each in policies
            if self._is_ours(each) and each["name"] != DEFAULT_NAME and each["id"] != before["id"]
        ]
        if before["name"] == DEFAULT_NAME or not 1 <= place <= len(ids) + 1:
            raise VendorRejected(
                f"precedence {place} cannot be given to {before['name']!r}: the policies of "
                f"{platform} have the places 1 to {len(ids) + 1}, and {DEFAULT_NAME} comes last"
            )
        return [*ids[: place - 1], before["id"], *ids[place - 1 :]]

    def _shown(self, policies: Iterable[_RawPolicy]) -> Sequence[Record]:
        policies = list(policies)
        platforms = {policy["platform_name"] for policy in policies}
        places = {
            policy_id: place
            for platform in sorted(platforms)
            for place, policy_id in enumerate(self._ranked(platform), start=1)
        }
        return [to_policy(policy, places.get(policy["id"])) for policy in policies]

    def _ranked(self, platform: str) -> Iterable[str]:
        """The ids of a platform's policies, the first to apply first: the order is all there is."""
        query, sort = equal("platform_name", platform), "precedence.asc"
        if not self._sees_children:
            return self._list.ordered_ids(query, sort)
        rows = self._list.rows(query, {"sort": sort})
        return [policy["id"] for policy in rows if self._is_ours(policy)]

    def _is_ours(self, policy: _RawPolicy) -> bool:
        cid = self._cid()
        return bool(policy.get("cid", cid) == cid)

    def _all_ours(self, policies: Iterable[_RawPolicy]) -> bool:
        return all(map(self._is_ours, policies))

    @contextmanager
    def _taken_name(self, record: Record, unless: str | None = None) -> Iterator[None]:
        """A taken name is answered 400 like any other mistake (TF ``response_policy_resource.go``).

        So the vendor is asked whether it has the name that it refuses.
        """
        try:
            yield
        except VendorRejected as error:
            name, platform = record["name"], record["platformName"]
            if isinstance(error, VendorConflict) or name == unless:
                raise
            if not self._exists(name, platform):
                raise
            raise VendorConflict(
                f"there is a {platform} response policy named {name!r} already",
                trace_id=error.trace_id,
            ) from error

    def _exists(self, name: str, platform: str) -> bool:
        conditions = [equal("platform_name", platform), resembling(name)]
        query = joined("+", *(each for each in conditions if each is not None))
        return any(
            policy["name"] == name and self._is_ours(policy)
            for policy in self._list.rows(query, {})
        )


def _equalities(where: Filter | None) -> Mapping[str, str]:
    return {} if where is None else equality_conjuncts(where)
