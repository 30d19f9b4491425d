"""A SCIM server of one page, for the tests of the runner: users, groups, and faults on demand.

It understands what the runner's own logic needs (``attribute eq "x"``, pathless PATCH, ``members``
add), nothing more: it is the thing under test only where a test makes it misbehave.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

TOKEN = "small-server-token"
_KEYS = {"Users": "userName", "Groups": "displayName"}
_SCHEMAS = {
    "Users": "urn:ietf:params:scim:schemas:core:2.0:User",
    "Groups": "urn:ietf:params:scim:schemas:core:2.0:Group",
}
_TYPES = [
    {"id": kind[:-1], "name": kind[:-1], "endpoint": f"/{kind}", "schema": schema}
    for kind, schema in _SCHEMAS.items()
]

Answer = tuple[int, Any, dict[str, str]]


@dataclass
class SmallServer:
    """The application, its store and its log; set ``fault`` to intercept requests."""

    config: dict[str, Any] = field(default_factory=lambda: {"filter": {"supported": True}})
    store: dict[str, dict[str, Any]] = field(default_factory=lambda: {"Users": {}, "Groups": {}})
    requests: list[dict[str, Any]] = field(default_factory=list)
    fault: Callable[[str, str], Answer | None] = lambda method, path: None
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    @property
    def empty(self) -> bool:
        return not any(self.store.values())

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self.lock:
            status, body, headers = self._answer(environ)
        payload = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        headers = {"Content-Type": "application/scim+json", **headers}
        start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
        return [payload]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/scim")
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        query = environ["QUERY_STRING"]
        self.requests.append(
            {"method": method, "path": path, "query": query, "body": raw}
            | {k: v for k, v in environ.items() if k.startswith("HTTP_")}
            | {"CONTENT_TYPE": environ.get("CONTENT_TYPE")}
        )
        injected = self.fault(method, path)
        if injected is not None:
            return injected
        if environ.get("HTTP_AUTHORIZATION") != f"Bearer {TOKEN}":
            return _error(401, "who are you?", {"WWW-Authenticate": "Bearer"})
        return self._route(method, path.strip("/").split("/"), query, raw)

    def _route(self, method: str, parts: list[str], query: str, raw: bytes) -> Answer:
        if parts[0] == "ServiceProviderConfig":
            return 200, self.config, {}
        if parts[0] == "ResourceTypes":
            return 200, {"Resources": _TYPES}, {}
        if parts[0] not in self.store:
            return _error(404, "no such end point")
        if len(parts) == 1:
            return self._collection(method, parts[0], query, raw)
        return self._resource(method, self.store[parts[0]], parts[1], raw)

    def _collection(self, method: str, kind: str, query: str, raw: bytes) -> Answer:
        if method == "POST":
            return self._create(kind, json.loads(raw))
        wanted = parse_qs(query)
        found = list(self.store[kind].values())
        if "filter" in wanted:
            match = re.fullmatch(r'(\w+) eq "(.*)"', wanted["filter"][0])
            if match is None:
                return _error(400, "not this filter")
            found = [r for r in found if r.get(match[1]) == match[2]]
        start, count = (int(wanted.get(k, [d])[0]) for k, d in (("startIndex", 1), ("count", 99)))
        page = found[start - 1 : start - 1 + count]
        return (
            200,
            {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": len(found),
                "startIndex": start,
                "itemsPerPage": len(page),
                "Resources": page,
            },
            {},
        )

    def _create(self, kind: str, body: dict[str, Any]) -> Answer:
        key = _KEYS[kind]
        if not body.get(key):
            return _error(400, f"{key} is required")
        if any(other[key] == body[key] for other in self.store[kind].values()):
            return _error(409, "it exists", scim_type="uniqueness")
        identity = str(uuid.uuid4())
        location = f"{self.url}/{kind}/{identity}"
        meta = {"resourceType": kind[:-1], "location": location}
        resource = {"schemas": [_SCHEMAS[kind]], **body, "id": identity, "meta": meta}
        resource.pop("password", None)
        self.store[kind][identity] = resource
        return 201, resource, {"Location": location}

    def _resource(self, method: str, shelf: dict[str, Any], identity: str, raw: bytes) -> Answer:
        if identity not in shelf:
            return _error(404, "no such resource")
        if method == "DELETE":
            del shelf[identity]
            return 204, None, {}
        if method == "PUT":
            shelf[identity] = {**json.loads(raw), "id": identity, "meta": shelf[identity]["meta"]}
        if method == "PATCH":
            for operation in json.loads(raw)["Operations"]:
                _apply(shelf[identity], operation)
        return 200, shelf[identity], {}


def _apply(resource: dict[str, Any], operation: dict[str, Any]) -> None:
    path, value = operation.get("path"), operation.get("value")
    if path is None:
        resource.update(value)
    elif operation["op"] == "remove":
        resource.pop(path, None)
    elif path == "members":
        resource.setdefault("members", []).extend(value)
    else:
        resource[path] = value


def _error(
    status: int, detail: str, headers: dict[str, str] | None = None, scim_type: str | None = None
) -> Answer:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
        "detail": detail,
    }
    return status, body | ({"scimType": scim_type} if scim_type else {}), headers or {}


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def serve(server: SmallServer) -> Iterator[SmallServer]:
    """Serve on a free loopback port; ``server.url`` is its SCIM base URL."""
    with make_server("127.0.0.1", 0, server, _Server, _Quiet) as http:
        server.url = f"http://127.0.0.1:{http.server_port}/scim"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
