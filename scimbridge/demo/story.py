"""A short story in real requests: a person is hired, moves, leaves, returns and is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

_CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_TOKEN_ROUTE = "/oauth2/token"  # noqa: S105 - a route


@dataclass(slots=True)
class _Idp:
    """The SCIM client of the story, and what it remembers between requests."""

    base_url: str
    token: str
    ids: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/scim+json"}
        if body is not None:
            headers["Content-Type"] = "application/scim+json"
        return requests.request(
            method, f"{self.base_url}{path}", json=body, headers=headers, timeout=60
        )

    def find_or_post(self, name: str, path: str, attribute: str, body: dict[str, Any]) -> Any:
        """What IdPs do: look for the resource, and create it if it is not there."""
        answer = self.send("GET", f'{path}?filter={attribute} eq "{body[attribute]}"')
        found = answer.json().get("Resources") or []
        if not found:
            answer = self.send("POST", path, body)
            found = [answer.json()]
        self.ids[name] = str(found[0].get("id"))
        return answer

    def patch(self, name: str, path: str, operation: dict[str, Any]) -> requests.Response:
        body = {"schemas": [_PATCH_OP], "Operations": [operation]}
        return self.send("PATCH", f"{path}/{self.ids[name]}", body)


def play_story(
    console: Console,
    base_url: str,
    token: str,
    simulator_url: str,
    *,
    vendor: str,
    login: str,
) -> None:
    """Play the story against one target and print it: request, vendor calls, outcome.

    Leaves nothing behind but the simulator's own seed, and an empty request log.
    """
    idp = _Idp(base_url, token)
    table = Table(title=f"One person at {vendor}", show_lines=True)
    table.add_column("What happens", max_width=26)
    table.add_column("SCIM request", overflow="fold")
    table.add_column("Vendor calls", overflow="fold")
    table.add_column("Outcome")
    _vendor_calls(simulator_url)
    for what, answer in _scenes(idp, login):
        request = answer.request
        path = str(request.path_url).removeprefix("/" + base_url.split("/", 3)[3])
        outcome = str(answer.status_code)
        if answer.status_code >= 400:
            outcome += f" {answer.json().get('detail', '')}"
        calls = _vendor_calls(simulator_url)
        table.add_row(what, f"{request.method} {_short(path)}", "\n".join(calls) or "none", outcome)
    console.print(table)


def _scenes(idp: _Idp, login: str) -> Iterator[tuple[str, requests.Response]]:
    user: dict[str, Any] = {
        "schemas": [_CORE_USER],
        "userName": login,
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "emails": [{"value": login, "type": "work", "primary": True}],
        "active": True,
    }
    for group in ("SEC Analysts", "SEC Readers"):
        body = {"schemas": [_CORE_GROUP], "displayName": group}
        yield (
            f"The group {group} is pushed",
            idp.find_or_post(group, "/Groups", "displayName", body),
        )
    yield "Ada is hired", idp.find_or_post("ada", "/Users", "userName", user)
    for group in ("SEC Analysts", "SEC Readers"):
        member = [{"value": idp.ids["ada"]}]
        joining = {"op": "add", "path": "members", "value": member}
        yield f"She joins {group}", idp.patch(group, "/Groups", joining)
    leave = {"op": "remove", "path": f'members[value eq "{idp.ids["ada"]}"]'}
    yield "She moves: no analyst any more", idp.patch("SEC Analysts", "/Groups", leave)
    for active, what in ((False, "She takes a year off"), (True, "She is back")):
        operation: dict[str, Any] = {"op": "replace", "value": {"active": active}}
        yield what, idp.patch("ada", "/Users", operation)
    yield "She leaves for good", idp.send("DELETE", f"/Users/{idp.ids['ada']}")
    for group in ("SEC Analysts", "SEC Readers"):
        yield f"The group {group} is unlinked", idp.send("DELETE", f"/Groups/{idp.ids[group]}")


def _vendor_calls(simulator_url: str) -> list[str]:
    """The vendor calls since the last look, which are then forgotten."""
    log = f"{simulator_url}/_sim/requests"
    # The simulator's certificate is its own and new each time; this is loopback.
    calls = requests.get(log, timeout=10, verify=False).json()["requests"]  # noqa: S501
    requests.delete(log, timeout=10, verify=False)  # noqa: S501
    return [
        f"{call['method']} {call['route']} → {call['status']}"
        for call in calls
        if call["route"] != _TOKEN_ROUTE
    ]


def _short(path: str) -> str:
    """Without the long ids, which would push the table off the screen."""
    head, _, last = path.rpartition("/")
    return (
        f"{head}/{last[:8]}…" if len(last) == 36 else path.replace("%20", " ").replace("%22", '"')
    )
