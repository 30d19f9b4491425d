"""What an attacker sends: a table of requests, of which none may be answered 5xx or change a thing.

`try_all` sends them to a bridge; ``python -m tests.web.hostile`` prints what came of it.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.conftest import CORE_USER, PATCH_OP, World, open_world
from tests.web.conftest import dump
from tests.web.test_web_bodies import BULK, NOT_JSON, SEARCH, WRITES
from tests.web.test_web_filters import HOSTILE as FILTERS

BASE = "/falcon/scim/v2"
TEXTS = {
    "nothing": "",
    "the folder above": "..",
    "a way out": "../../oauth2/token",
    "a way out, encoded": "..%2f..%2froles",
    "slashes": "a//b/",
    "a header": "a\r\nX-Injected: 1",
    "a line": "a\nb",
    "NUL": "a\x00b",
    "escape": "\x1b[31mred",
    "line separator": "a\u2028b",
    "right to left": "\u202etxt.exe",
    "zero width": "a\u200db\ufeff",
    "a ligature": "ﬁle@example.com",
    "the Kelvin sign": "\u212aelvin@example.com",
    "Cyrillic": "\u0440\u0430\u0443\u0440\u0430l@example.com",
    "emoji": "😀" * 200,
    "SQL": "' OR '1'='1'; DROP TABLE resources; --",
    "FQL": "x'+uid:*'",
    "a quotation mark": '"',
    "a backslash": "\\",
    "wildcards": "%_*",
    "a template": "{{7*7}}${jndi:ldap://x/}",
    "a format": "%n%s{0.__class__}",
    "markup": "<script>alert(1)</script>",
    "5,000 letters": "x" * 5000,
    "a huge number": "9" * 400,
    "a negative number": "-1",
    "infinity": "1e999",
    "digits that are not ASCII": "١٢٣",
    "a port": "host:99999",
}
"""By what they are."""
PARAMETERS = (
    *("filter", "sortBy", "sortOrder", "attributes", "excludedAttributes"),
    *("startIndex", "count", "cursor", "other"),
)
HEADERS = (
    *("If-Match", "If-None-Match", "Accept", "Content-Type", "Content-Encoding", "User-Agent"),
    *("X-Request-Id", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Host"),
    *("X-HTTP-Method-Override", "Range", "Expect", "Authorization"),
)


@dataclass(frozen=True)
class Hostile:
    """One request. ``{user}`` and ``{group}`` in the path stand for ids that exist."""

    name: str
    method: str
    path: str
    """As bytes on the wire, less the percent encoding."""
    body: bytes = b""
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Report:
    """What came of all requests."""

    tried: int = 0
    server_errors: list[str] = field(default_factory=list)
    injected: list[str] = field(default_factory=list)
    changed: bool = False

    def __str__(self) -> str:
        return (
            f"hostile inputs tried: {self.tried}, 5xx: {len(self.server_errors)}, "
            f"headers injected: {len(self.injected)}, changes: {int(self.changed)}"
        )


def inputs() -> Iterator[Hostile]:
    """The whole table."""
    yield from _bodies()
    yield from _filters()
    for name, text in TEXTS.items():
        yield from _as_id(name, text)
        yield from _in_the_query(name, text)
        yield from _in_headers(name, text)
        yield from _in_messages(name, text)


def _bodies() -> Iterator[Hostile]:
    for name, body in NOT_JSON.items():
        for method, path in WRITES:
            yield Hostile(f"{name} as {method} {path}", method, path.format(id="{user}"), body)
    user = json.dumps({"schemas": [CORE_USER], "userName": "intruder@example.com"}).encode()
    large = json.dumps({"title": "x" * 2_000_000}).encode()
    for method, path in WRITES:
        path = path.format(id="{user}")
        yield Hostile(f"2 MB as {method} {path}", method, path, large)
        for coding, packed in {"gzip": gzip.compress(user), "br": user, "chunked": user}.items():
            headers = {"Content-Encoding": coding}
            yield Hostile(f"{coding} as {method} {path}", method, path, packed, headers=headers)


def _filters() -> Iterator[Hostile]:
    for name, text in FILTERS.items():
        body = json.dumps({"schemas": [SEARCH], "filter": text}).encode()
        yield Hostile(f"filter of {name}", "POST", "/Users/.search", body)
        # PATCH paths are bounded like filters.
        yield _patch(f"path of {name}", {"op": "remove", "path": f"emails[{text}]"})


def _as_id(name: str, text: str) -> Iterator[Hostile]:
    body = json.dumps({"schemas": [CORE_USER], "userName": "intruder@example.com"}).encode()
    for endpoint in ("Users", "Groups", "Roles", "Schemas", "ResourceTypes"):
        yield Hostile(f"GET {endpoint}: {name}", "GET", f"/{endpoint}/{text}")
    for method in ("PUT", "PATCH", "DELETE"):
        for endpoint in ("Users", "Groups"):
            path = f"/{endpoint}/{text or '{user}/x'}"
            yield Hostile(f"{method} {endpoint}: {name}", method, path, body)
    yield Hostile(f"endpoint: {name}", "GET", f"/{text}x")
    yield Hostile(f"method: {name}", text[:20] or "X", "/Users")


def _in_the_query(name: str, text: str) -> Iterator[Hostile]:
    for parameter in PARAMETERS:
        query = f"{parameter}={quote(text, safe='')}"
        yield Hostile(f"{parameter}: {name}", "GET", "/Users", query=query)
    value = quote(f'userName eq "{text}"', safe="")
    yield Hostile(f"userName eq: {name}", "GET", "/Users", query=f"filter={value}")
    yield Hostile(f"raw query: {name}", "GET", "/Users", query=text.replace("\n", "%0a"))


def _in_headers(name: str, text: str) -> Iterator[Hostile]:
    for header in HEADERS:
        yield Hostile(f"{header}: {name}", "GET", "/Users/{user}", headers={header: text})


def _in_messages(name: str, text: str) -> Iterator[Hostile]:
    yield _patch(f"PATCH path: {name}", {"op": "replace", "path": f"x{text}", "value": text})
    yield _patch(f"PATCH op: {name}", {"op": f"x{text}", "path": "title", "value": text})
    yield _patch(f"PATCH active: {name}", {"op": "replace", "path": "active", "value": f"x{text}"})
    for message in (
        {"method": "DELETE", "path": f"/Users/x{text}"},
        {"method": f"X{text}", "path": "/Users/1"},
        {"method": "POST", "path": f"/{text}x", "bulkId": text, "data": {}},
        {
            "method": "POST",
            "path": "/Users",
            "bulkId": text,
            "data": {"userName": f"bulkId:{text}"},
        },
    ):
        body = json.dumps({"schemas": [BULK], "Operations": [message]}).encode()
        yield Hostile(f"bulk {sorted(message)}: {name}", "POST", "/Bulk", body)
    for key in ("sortBy", "startIndex", "count", "cursor", "attributes"):
        body = json.dumps({"schemas": [SEARCH], key: text}).encode()
        yield Hostile(f"search {key}: {name}", "POST", "/.search", body)


def _patch(name: str, operation: dict[str, Any]) -> Hostile:
    body = json.dumps({"schemas": [PATCH_OP], "Operations": [operation]}).encode()
    return Hostile(name, "PATCH", "/Users/{user}", body)


def try_all(world: World) -> Report:
    """Send every request to ``world``, which needs a user and a group."""
    user, group = (
        world.scim("GET", f"/{kind}?count=1").json()["Resources"][0]["id"]
        for kind in ("Users", "Groups")
    )
    report = Report()
    before, accounts = dump(world), world.vendor.get("/_sim/state")
    for each in inputs():
        report.tried += 1
        path = each.path.replace("{user}", user).replace("{group}", group)
        status, headers = send(world, each, path)
        if status >= 500 and (each.path, status) != ("/Me", 501):
            report.server_errors.append(f"{each.name} -> {status}")
        if any(name.lower() == "x-injected" or "\n" in value for name, value in headers):
            report.injected.append(each.name)
    report.changed = (dump(world), world.vendor.get("/_sim/state")) != (before, accounts)
    return report


def send(world: World, hostile: Hostile, path: str) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers of the answer; past the HTTP server, which would refuse some itself.

    The status of a bulk is the worst of its operations.
    """
    environ = {
        f"HTTP_{name.upper().replace('-', '_')}": value.encode().decode("latin-1")
        for name, value in {
            "Authorization": f"Bearer {world.scim.token}",
            **hostile.headers,
        }.items()
    }
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "application/scim+json")
    environ["PATH_INFO"] = f"{BASE}{path}".encode().decode("latin-1")
    environ["QUERY_STRING"] = hostile.query.encode().decode("latin-1")
    environ["REQUEST_METHOD"] = hostile.method.encode().decode("latin-1")
    answer = world.bridge.app.test_client().open(data=hostile.body, environ_overrides=environ)
    status = answer.status_code
    if (hostile.path, status) == ("/Bulk", 200):
        status = max(int(each["status"]) for each in json.loads(answer.data)["Operations"])
    return status, list(answer.headers)


def main() -> int:
    """Try everything on a bridge of its own; 1 if anything was answered 5xx or changed."""
    with tempfile.TemporaryDirectory() as folder, open_world(Path(folder)) as world:
        world.provider.observer.refresh_catalogue()
        world.scim.create_group("SEC Residents", world.scim.create_user("r@example.com")["id"])
        report = try_all(world)
    sys.stdout.write(f"{report}\n")
    return int(bool(report.server_errors or report.injected or report.changed))


if __name__ == "__main__":
    sys.exit(main())
