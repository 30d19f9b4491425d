"""Who holds which role where, and what of it can be read back already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from scimbridge.connectors.falcon.simulator.records import Grant
from scimbridge.simulation.clock import Clock
from scimbridge.simulation.switches import Switches

Grants = tuple[Grant, ...]


class GrantBook:
    """Direct grants, together with the derived ones that ``derived`` adds for a user.

    Not locked by itself: the state's lock is held by every caller.
    """

    def __init__(
        self,
        seed: Iterable[Grant],
        clock: Clock,
        switches: Switches,
        derived: Callable[[str], Iterable[Grant]],
    ) -> None:
        self._clock = clock
        self._switches = switches
        self._derived = derived
        self._direct = {(grant.uuid, grant.cid, grant.role_id): grant for grant in seed}
        self._before: dict[str, list[tuple[float, Grants]]] = {}

    def users(self) -> Iterator[str]:
        """The uuids that hold anything directly."""
        return iter({uuid for uuid, _, _ in self._direct})

    def direct(self, uuid: str) -> Grants:
        """The user's direct grants that have not expired."""
        return tuple(
            grant
            for (holder, _, _), grant in self._direct.items()
            if holder == uuid and not self._expired(grant)
        )

    def current(self, uuid: str) -> Grants:
        """All that the user holds at this moment, derived grants included."""
        return (*self.direct(uuid), *self._derived(uuid))

    def shown(self, uuid: str) -> Grants:
        """What reading shows: the grants as they were ``grants_lag_s`` ago.

        The vendor's reads are eventually consistent: Terraform's provider polls for up to 90 s.
        """
        visible_until = self._clock() - self._switches["grants_lag_s"]
        history = [entry for entry in self._before.get(uuid, ()) if entry[0] > visible_until]
        self._before[uuid] = history
        grants = history[0][1] if history else self.current(uuid)
        return tuple(grant for grant in grants if not self._expired(grant))

    def holds(self, uuid: str, cid: str, role_id: str) -> bool:
        """Whether the user holds the role in this CID directly."""
        grant = self._direct.get((uuid, cid, role_id))
        return grant is not None and not self._expired(grant)

    @contextmanager
    def changing(self, *uuids: str) -> Iterator[None]:
        """Mark a change of what these users hold, so that reads can lag behind it."""
        lagging = self._switches["grants_lag_s"] > 0
        before = {uuid: self.current(uuid) for uuid in uuids} if lagging else {}
        yield
        for uuid, grants in before.items():
            if grants != self.current(uuid):
                self._before.setdefault(uuid, []).append((self._clock(), grants))

    def grant(self, grant: Grant) -> None:
        """Give; a grant that is held already takes the new expiry."""
        with self.changing(grant.uuid):
            self._direct[grant.uuid, grant.cid, grant.role_id] = grant

    def revoke(self, uuid: str, cid: str, role_id: str) -> None:
        """Take; no matter if it was held."""
        with self.changing(uuid):
            self._direct.pop((uuid, cid, role_id), None)

    def forget(self, uuid: str) -> None:
        """Drop everything about a user that is deleted."""
        self._before.pop(uuid, None)
        for key in [key for key in self._direct if key[0] == uuid]:
            del self._direct[key]

    def _expired(self, grant: Grant) -> bool:
        return grant.expires_at is not None and grant.expires_at <= self._clock()
