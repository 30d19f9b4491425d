"""One target as a SCIM service provider: everything that its endpoints are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from scimbridge.directory.audit import AuditLog
from scimbridge.directory.engine import Directory
from scimbridge.provisioning.budget import Budget
from scimbridge.provisioning.catalogue import CatalogueSource
from scimbridge.provisioning.claims import Claims
from scimbridge.provisioning.converge import Converger
from scimbridge.provisioning.endpoints import DirectoryEndpoint, Endpoint
from scimbridge.provisioning.groups import Groups
from scimbridge.provisioning.linking import Linking
from scimbridge.provisioning.observe import Observer
from scimbridge.provisioning.operations import Operations
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.pauses import Pauses
from scimbridge.provisioning.query import Reader
from scimbridge.provisioning.reconcile import Reconciler
from scimbridge.provisioning.record_writes import RecordWrites
from scimbridge.provisioning.records import NestedRecords, RecordEndpoint
from scimbridge.provisioning.removals import Removals
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.users import Users
from scimbridge.provisioning.vendor_groups import VendorGroups
from scimbridge.provisioning.vendor_records import VendorRecords
from scimbridge.provisioning.writes import Writes
from scimbridge.scim.attributes import entitlement_type, role_type


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """Reads and writes of one target."""

    target: Target
    endpoints: Mapping[str, Endpoint]
    """By the first segment of the path: ``Users``, ``Groups``, ..."""
    nested: Mapping[tuple[str, str], NestedRecords]
    """By the first and the third segment: ``Policies`` and ``members``."""
    observer: Observer
    operations: Operations
    reconciler: Reconciler
    pauses: Pauses


def build_service_provider(
    target: Target,
    directory: Directory,
    audit: AuditLog,
    *,
    owner: str,
    deadline_s: float,
    retry_after_s: int,
    now: Callable[[], int],
) -> ServiceProvider:
    """Wire the parts of one target together.

    ``owner`` names this process in leases; ``now`` gives milliseconds since the epoch.
    """
    outcomes = Outcomes(target, directory, audit, now)
    repair = partial(outcomes.request_repair, kind="repair")
    objects = VendorGroups(target, directory, owner, now, repair)
    converger = Converger(target, directory, outcomes, owner, now)
    budget = Budget(target.config, now)
    pauses = Pauses(directory, audit, budget, retry_after_s, now)
    operations = Operations(converger, outcomes, objects, pauses, deadline_s, retry_after_s, now)
    claims = Claims(directory, now, deadline_s)
    removals = Removals(target, budget)
    linking = Linking(target, outcomes, now)
    observer = Observer(target, directory, outcomes, removals, pauses, linking, owner, now)
    writes = Writes(
        target, directory, outcomes, operations, claims, observer, removals, pauses, now
    )
    reader = Reader(target, directory, observer)
    records = {
        kind: VendorRecords(target.connector, kind, deadline_s, retry_after_s)
        for kind in target.record_types
    }
    endpoints: list[Endpoint] = [
        DirectoryEndpoint(target.user_type, reader, Users(writes)),
        DirectoryEndpoint(target.group_type, reader, Groups(writes)),
        *_catalogue_endpoints(target, directory),
        *(
            RecordEndpoint(
                kind,
                kind.endpoint,
                source,
                target.policy.capabilities.record_types[kind.name],
                RecordWrites(source, target.dialect, removals, pauses),
            )
            for kind, source in records.items()
            if not kind.is_nested
        ),
    ]
    nested = [NestedRecords(kind, source) for kind, source in records.items() if kind.is_nested]
    return ServiceProvider(
        target=target,
        endpoints={each.path.lstrip("/"): each for each in endpoints},
        nested={_ends(each.resource_type.endpoint): each for each in nested},
        observer=observer,
        operations=operations,
        reconciler=Reconciler(target, directory, outcomes, operations, pauses, owner, now),
        pauses=pauses,
    )


def _ends(endpoint: str) -> tuple[str, str]:
    """First and third segment: of ``/Policies/{id}/members`` Policies and members."""
    first, _, third = endpoint.strip("/").split("/")
    return first, third


def _catalogue_endpoints(target: Target, directory: Directory) -> list[RecordEndpoint]:
    kinds = frozenset(target.capabilities.entitlement_kinds)
    shown = {role_type(): kinds & {"role"}, entitlement_type(): kinds - {"role"} or kinds}
    return [
        RecordEndpoint(
            kind, kind.endpoint, CatalogueSource(target.name, directory, kinds, kind.name)
        )
        for kind, kinds in shown.items()
    ]
