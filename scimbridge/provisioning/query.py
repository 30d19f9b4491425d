"""Reading: by id, by filter, in pages. Everything is answered from the confirmed documents.

What an index can answer is looked up; the filter itself always has the last word. A userName that
the directory does not know is asked for at the vendor, so that an account that exists is found and
linked rather than duplicated.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from scimbridge.directory import memberships, shown
from scimbridge.directory.engine import Directory
from scimbridge.directory.shown import ShownRow
from scimbridge.errors import VendorError
from scimbridge.provisioning.correlate import group_key, user_key
from scimbridge.provisioning.observe import Observer
from scimbridge.provisioning.paging import PageStarts
from scimbridge.provisioning.representation import Representation, render, representation
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.work import parse_document
from scimbridge.provisioning.writes import not_found
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filters import Filter, equality_conjuncts, referenced_attributes
from scimbridge.scim.listing import Page, sort_resources
from scimbridge.scim.matching import compile_filter
from scimbridge.scim.projection import Projection, announce_json, project_json

logger = logging.getLogger(__name__)

Resource = dict[str, Any]

_COMPUTED: Final = frozenset({"id", "groups", "meta"})
"""What is not in a stored document, beside the members of a group."""


@dataclass(frozen=True, slots=True)
class Query:
    """A list request (RFC 7644 section 3.4.2), its parameters parsed and bounded."""

    page: Page
    filter: Filter | None = None
    sort_by: str | None = None
    sort_order: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list."""

    total: int
    """How many there are on all pages."""
    resources: list[str]
    """Each as the projection shows it, in JSON."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the users and groups of one target."""

    target: Target
    directory: Directory
    observer: Observer
    starts: PageStarts = field(default_factory=PageStarts)

    def get(
        self, resource_type: ResourceType, scim_id: str, projection: Projection, base_url: str
    ) -> Representation:
        """One resource. Raises `NotFound`."""
        name, kind = self.target.name, resource_type.name
        groups = _shows_groups(resource_type, projection)
        with self._reading(resource_type) as connection:
            row = shown.find(connection, name, kind, scim_id, groups=groups)
            if row is None:
                raise not_found(kind, scim_id)
            (json,) = self._show(connection, [row], projection, base_url)
        return representation(row, json, base_url)

    def search(
        self, resource_type: ResourceType, query: Query, projection: Projection, base_url: str
    ) -> Listing:
        """The page that ``query`` asks for, in the stable order unless it sorts."""
        if query.filter is None and query.sort_by is None:
            return self._plain_page(resource_type, query, projection, base_url)
        page = self._filtered(resource_type, query, projection, base_url)
        if page.total == 0 and self._link_unknown_account(resource_type, query.filter):
            page = self._filtered(resource_type, query, projection, base_url)
        return page

    def _plain_page(
        self, resource_type: ResourceType, query: Query, projection: Projection, base_url: str
    ) -> Listing:
        name, kind = self.target.name, resource_type.name
        offset, limit = query.page.offset, query.page.count
        with self.directory.read() as connection:
            total, version = shown.count(connection, name, kind)
            known, after = self.starts.before(kind, version, offset)
            rows = shown.page(
                connection,
                name,
                kind,
                after=after,
                offset=offset - known,
                limit=limit,
                groups=_shows_groups(resource_type, projection),
            )
            if rows:
                self.starts.note(kind, version, offset, rows[0].pk - 1)
                self.starts.note(kind, version, offset + len(rows), rows[-1].pk)
            return Listing(total, self._show(connection, rows, projection, base_url))

    def _filtered(
        self, resource_type: ResourceType, query: Query, projection: Projection, base_url: str
    ) -> Listing:
        mentioned = referenced_attributes(query.filter) if query.filter else frozenset()
        sorting = (query.sort_by or "").rpartition(":")[2].partition(".")[0]
        needed = {name.lower() for name in mentioned} | {sorting.lower()}
        groups = "groups" in needed or _shows_groups(resource_type, projection)
        matches = compile_filter(query.filter) if query.filter else _everything
        with self._reading(resource_type) as connection:
            candidates = self._candidates(connection, resource_type, query.filter, groups)
            found = [
                (row, resource)
                for row, resource in self._parsed(connection, candidates, needed, base_url)
                if matches(resource)
            ]
            if query.sort_by is not None:
                found = _sorted(found, query, resource_type)
            first = query.page.offset
            rows = [row for row, _ in found[first : first + query.page.count]]
            return Listing(len(found), self._show(connection, rows, projection, base_url))

    def _reading(self, resource_type: ResourceType) -> AbstractContextManager[Connection]:
        # All that is shown of users comes in one statement; members of groups are read after it.
        return self.directory.glance() if resource_type.name == "User" else self.directory.read()

    def _show(
        self,
        connection: Connection,
        rows: list[ShownRow],
        projection: Projection,
        base_url: str,
    ) -> list[str]:
        """What ``projection`` shows of ``rows``."""
        if projection.includes("members"):
            texts = [_with_members(connection, row, base_url) for row in rows]
        else:
            # Before what is computed is around them: the less there is to parse.
            announced = announce_json([row.confirmed for row in rows], projection)
            texts = [
                render(row, each, base_url=base_url)
                for row, each in zip(rows, announced, strict=True)
            ]
        return project_json(texts, projection)

    def _parsed(
        self,
        connection: Connection,
        rows: Iterable[ShownRow],
        needed: set[str],
        base_url: str,
    ) -> Iterator[tuple[ShownRow, Resource]]:
        """Each row as a resource, with ``needed`` of what is not in its document."""
        for row in rows:
            if "members" in needed:
                text = _with_members(connection, row, base_url)
            elif needed.isdisjoint(_COMPUTED):
                text = row.confirmed
            else:
                text = render(row, row.confirmed, base_url=base_url)
            yield row, parse_document(text)

    def _candidates(
        self,
        connection: Connection,
        resource_type: ResourceType,
        filter: Filter | None,
        groups: bool,
    ) -> Iterable[ShownRow]:
        """A superset of what matches, in the stable order: by index if a conjunct has one."""
        name, kind = self.target.name, resource_type.name
        equal = equality_conjuncts(filter) if filter else {}
        if "id" in equal:
            row = shown.find(connection, name, kind, equal["id"], groups=groups)
            return [] if row is None else [row]
        if "externalId" in equal:
            return shown.by_external_id(connection, name, kind, equal["externalId"], groups=groups)
        key = _key(kind, equal)
        if key is not None:
            return shown.by_key(connection, name, kind, key, groups=groups)
        if kind == "Group" and "members.value" in equal:
            return shown.groups_with(connection, name, equal["members.value"])
        return shown.everything(connection, name, kind, groups=groups)

    def _link_unknown_account(self, resource_type: ResourceType, filter: Filter | None) -> bool:
        """Ask the vendor for the userName that a filter names; True if that brought a new user."""
        equal = equality_conjuncts(filter) if filter else {}
        if resource_type.name != "User" or "userName" not in equal:
            return False
        try:
            return self.observer.link(equal["userName"])
        except VendorError as error:
            # Reads go on while the vendor is down; a POST that follows searches again.
            logger.warning("%s could not be asked for an account: %s", self.target.name, error)
            return False


def _shows_groups(resource_type: ResourceType, projection: Projection) -> bool:
    return resource_type.name == "User" and projection.includes("groups")


def _with_members(connection: Connection, row: ShownRow, base_url: str) -> str:
    return render(
        row, row.confirmed, base_url=base_url, members=memberships.shown(connection, row.pk)
    )


def _everything(_resource: Mapping[str, Any]) -> bool:
    return True


def _key(kind: str, equal: Mapping[str, str]) -> str | None:
    if kind == "User" and "userName" in equal:
        return user_key(equal["userName"])
    if kind == "Group" and "displayName" in equal:
        return group_key(equal["displayName"])
    return None


def _sorted(
    found: list[tuple[ShownRow, Resource]], query: Query, resource_type: ResourceType
) -> list[tuple[ShownRow, Resource]]:
    rows = {id(resource): row for row, resource in found}
    assert query.sort_by is not None  # noqa: S101 - the caller asked
    ordered = sort_resources(
        [resource for _, resource in found], query.sort_by, query.sort_order, resource_type
    )
    return [(rows[id(resource)], dict(resource)) for resource in ordered]
