"""Lists of ``/policy``: one route gives whole records, another one their ids and the total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.fql import Query, Vocabulary, text_of, translate
from scimbridge.connectors.http import Params
from scimbridge.connectors.interface import RecordQuery
from scimbridge.scim.filters import Filter

_LARGEST_PAGE = 5000


@dataclass(frozen=True, slots=True)
class PolicyList:
    """One kind of records: policies, or the hosts that a policy applies to."""

    client: FalconClient
    combined: str
    """The route of whole records."""
    ids: str
    """The route of ids: for totals and orders, where records would be a waste."""
    key: str
    """Where a record has its id."""
    vocabulary: Vocabulary
    sorts: Mapping[str, str]
    """Attribute to the vendor's name, where both have the same idea of the order."""
    order: str
    """How a list is sorted that nobody wants sorted."""

    def rows(self, query: Query | None, params: Params) -> Iterator[Mapping[str, Any]]:
        """All records that ``query`` finds, each once."""
        seen: set[str] = set()
        asked: Params = {"sort": self.order, **params, "filter": text_of(query)}
        for row in chain.from_iterable(self.client.pages(self.combined, asked)):
            if row[self.key] not in seen:
                seen.add(row[self.key])
                yield row

    def superset(self, where: Filter | None, params: Params) -> Iterator[Mapping[str, Any]]:
        """All records that match ``where``, and maybe more."""
        return self.rows(translate(where, self.vocabulary) if where else None, params)

    def ordered_ids(self, query: Query | None, sort: str) -> list[str]:
        """The ids of all that ``query`` finds."""
        asked: Params = {"filter": text_of(query), "sort": sort}
        pages = self.client.pages(self.ids, asked)
        return list(dict.fromkeys(chain.from_iterable(pages)))

    def page(
        self, query: RecordQuery, params: Params
    ) -> tuple[Sequence[Mapping[str, Any]], int] | None:
        """The records of one page and the total; None if the vendor cannot answer exactly."""
        found = translate(query.where, self.vocabulary) if query.where else None
        sort = self._sort(query)
        if query.where is not None and (found is None or not found.exact):
            return None
        if sort is None or query.count > _LARGEST_PAGE:
            return None
        window: Params = {"offset": query.offset, "limit": max(query.count, 1), "sort": sort}
        reply = self.client.call(
            "GET",
            self.combined if query.count else self.ids,
            params={**params, **window, "filter": text_of(found)},
        )
        if reply.total is None:
            return None
        return reply.resources if query.count else (), reply.total

    def _sort(self, query: RecordQuery) -> str | None:
        if query.sort_by is None:
            return self.order
        field = self.sorts.get(query.sort_by)
        return field and f"{field}.{'desc' if query.descending else 'asc'}"
