"""Reading users: by id, all of them, and by login through an index: the console filters nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.locks import held
from scimbridge.connectors.insightvm.mapping import checked_user_id
from scimbridge.errors import VendorNotFound, VendorRejected, VendorUnavailable

USERS = "/api/3/users"
USER = "/api/3/users/{id}"

FRESH_S = 60.0
"""How long the index may say that nobody has a login."""

User = Mapping[str, Any]


class Users:
    """The users of one console. Safe between threads."""

    def __init__(self, client: InsightVMClient, target: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._target = target
        self._clock = clock
        self._scanning = threading.Lock()
        self._lock = threading.Lock()
        self._index: dict[str, set[str]] = {}
        self._indexed_at: float | None = None
        self._generation = 0
        self._running: list[dict[str, set[str]]] = []
        """The indexes being built, which what is created meanwhile must not be missing from."""

    def prove_privilege(self) -> None:
        """Raise `VendorDenied` unless the bridge's account may see users at all."""
        self._client.call("GET", USERS, params={"size": 1})

    def find(self, native_id: str) -> User | None:
        """The user with this id, or None.

        The console hides users from an account without the privilege as if they were not there;
        a miss therefore proves the privilege first.
        """
        try:
            user = self._client.call("GET", USER, at={"id": checked_user_id(native_id)})
        except VendorNotFound:
            self.prove_privilege()
            return None
        if str(user.get("id")) != native_id or not isinstance(user.get("login"), str):
            raise VendorUnavailable(f"{self._target}: GET {USER} answers with something else")
        return user

    def get(self, native_id: str) -> User:
        """Like `find`, but raises `VendorNotFound`."""
        user = self.find(native_id)
        if user is None:
            raise VendorNotFound(f"{self._target}: no InsightVM user {native_id}")
        return user

    def all(self) -> Iterator[User]:
        """All users; whoever reads them to the end has renewed the index."""
        with self._indexing() as index:
            for user in self._client.pages(USERS):
                if isinstance(user.get("login"), str):
                    index.setdefault(_key(user["login"]), set()).add(str(user["id"]))
                    yield user

    def called(self, login: str) -> User | None:
        """The user with this login in any case; one spelled the same comes first.

        Once all users have been read, a login that is there takes one call, since it is checked
        against the user as it is; one that is not takes none within `FRESH_S`, and a new reading
        later. A miss that is out of date does no harm: the console refuses a login that is taken,
        and whoever creates accounts then calls `forget`.
        Raises `VendorRejected` if several users differ only in case from it.
        """
        known, fresh = self._known(login)
        if known:
            users = [self.find(native_id) for native_id in sorted(known)]
            current = [user for user in users if user and _key(user["login"]) == _key(login)]
            if len(current) == len(known):
                return self._one(login, current)
            self.forget()
        elif fresh:
            return None
        return self._one(login, self._search(login))

    def add(self, login: str, native_id: str) -> None:
        """Learn that a user has this login now."""
        with self._lock:
            for index in (self._index, *self._running):
                index.setdefault(_key(login), set()).add(native_id)

    def drop(self, login: str, native_id: str) -> None:
        """Learn that a user has this login no more."""
        with self._lock:
            for index in (self._index, *self._running):
                index.get(_key(login), set()).discard(native_id)

    def forget(self) -> None:
        """Make the next search read all users, from now on."""
        with self._lock:
            self._indexed_at = None
            self._generation += 1

    def _known(self, login: str) -> tuple[frozenset[str], bool]:
        """The ids that may have this login, and whether the index is fresh enough to be all."""
        with self._lock:
            at = self._indexed_at
            fresh = at is not None and self._clock() - at < FRESH_S
            return frozenset(self._index.get(_key(login), ())), fresh

    def _search(self, login: str) -> list[User]:
        """Read all users, unless somebody else just has."""
        with held(
            self._scanning, f"{self._target}: no time was left to wait for the list of users"
        ):
            known, fresh = self._known(login)
            if fresh:
                return [user for user in map(self.find, sorted(known)) if user]
            return [user for user in self.all() if _key(user["login"]) == _key(login)]

    @contextmanager
    def _indexing(self) -> Iterator[dict[str, set[str]]]:
        index: dict[str, set[str]] = {}
        with self._lock:
            self._running.append(index)
            generation, started = self._generation, self._clock()
        complete = False
        try:
            yield index
            complete = True
        finally:
            with self._lock:
                self._running = [each for each in self._running if each is not index]
                if complete and generation == self._generation:
                    self._index, self._indexed_at = index, started

    def _one(self, login: str, users: list[User]) -> User | None:
        exact = [user for user in users if user["login"] == login]
        if len(users) > 1 and not exact:
            spelled = ", ".join(sorted(user["login"] for user in users))
            raise VendorRejected(
                f"{self._target}: {login!r} may be any of {spelled}; use the one that is meant"
            )
        return next(iter(exact or users), None)


def _key(login: str) -> str:
    return login.lower()
