"""What the run has created on the server and not deleted yet."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from conformance.model import Json
from conformance.paths import MISSING, find
from conformance.wire import Exchange, ForeignUrlError, Wire

_NATURAL_KEYS = {"/Users": "userName", "/Groups": "displayName"}


class Ledger:
    """Records creations and deletions as they pass, and deletes what is left, newest first.

    A create whose outcome is unknown (no answer, or 5xx) is remembered by its natural key and
    looked up when the time comes. Safe between threads.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._created: dict[str, None] = {}
        self._stuck: dict[str, None] = {}
        self._uncertain: dict[tuple[str, str], None] = {}
        self._lock = threading.Lock()

    def record(self, exchange: Exchange) -> None:
        """Take note of what the exchange created or deleted."""
        method, path = exchange.request.method, self._below_base(exchange.request.target)
        status = exchange.response.status if exchange.response is not None else 599
        with self._lock:
            if method == "DELETE" and (status < 300 or status == 404):
                self._forget(path)
            elif method == "POST" and status >= 500:
                self._doubt(path, exchange)
            elif method == "POST" and status < 300:
                for created in self._creations(path, exchange):
                    self._created[created] = None

    def clear(self) -> None:
        """Delete everything that is left; what the server will not delete waits for `sweep`."""
        with self._lock:
            doubtful, self._uncertain = list(self._uncertain), {}
        for endpoint, name in doubtful:
            for path in self._look_up(endpoint, name):
                self._created[path] = None
        for path in reversed(list(self._created)):
            if not self._delete(path):
                self._stuck[path] = None
        self._created.clear()

    def sweep(self) -> list[str]:
        """Try once more, at the end of the run; return the paths that are left behind."""
        self.clear()
        return [path for path in reversed(list(self._stuck)) if not self._delete(path)]

    def _forget(self, path: str) -> None:
        self._created.pop(path, None)
        self._stuck.pop(path, None)

    def _below_base(self, target: str) -> str:
        path = urlsplit(target).path
        return path.removeprefix(urlsplit(self._wire.base_url).path)

    def _creations(self, path: str, exchange: Exchange) -> Iterator[str]:
        body = exchange.response.json if exchange.response is not None else None
        if not isinstance(body, dict) or path.endswith("/.search"):
            return
        if path == "/Bulk":
            yield from self._bulk_creations(body)
        elif body.get("id"):
            yield f"{path}/{quote(str(body['id']), safe='')}"

    def _bulk_creations(self, body: Json) -> Iterator[str]:
        for number in range(len(body.get("Operations") or ())):
            method, status, location = (
                find(body, f"Operations[{number}].{key}")
                for key in ("method", "status", "location")
            )
            if (method, str(status)) == ("POST", "201") and isinstance(location, str):
                yield self._below_base(location)

    def _doubt(self, path: str, exchange: Exchange) -> None:
        key = _NATURAL_KEYS.get(path)
        try:
            body = json.loads(exchange.request.body or b"")
        except ValueError:
            return
        if key is not None and isinstance(body, dict) and body.get(key):
            self._uncertain[(path, str(body[key]))] = None

    def _look_up(self, endpoint: str, name: str) -> list[str]:
        condition = f"{_NATURAL_KEYS[endpoint]} eq {json.dumps(name, ensure_ascii=False)}"
        found = self._send("GET", f"{endpoint}?filter={quote(condition, safe='')}")
        listed = found.response.json if found.response is not None else None
        ids = find(listed, "Resources[*].id")
        return [f"{endpoint}/{quote(str(i), safe='')}" for i in ([] if ids is MISSING else ids)]

    def _delete(self, path: str) -> bool:
        try:
            gone = self._send("DELETE", path).response
        except ForeignUrlError:
            return False
        if gone is None or (gone.status >= 300 and gone.status != 404):
            return False
        self._forget(path)
        return True

    def _send(self, method: str, path: str) -> Exchange:
        headers = {
            "Authorization": f"Bearer {self._wire.token}",
            "Accept": "application/scim+json",
        }
        return self._wire.send(method, path, headers=headers)
