"""A caller of the simulated console, in process; it checks the shape of every answer."""

from __future__ import annotations

from typing import Any

import requests
from shape_checks import check_answer

from scimbridge.connectors.insightvm.simulator import create_simulator
from scimbridge.simulation.clock import ManualClock
from scimbridge.simulation.wsgi_adapter import WsgiAdapter

BASE = "https://console.test:3780"
SERVICE = 2
MARA, TOMAS, IRENE, PAT, LENA = 3, 4, 5, 6, 7
"""A security manager; an LDAP user; a SAML user with the custom role and all sites; a disabled site
owner; a locked user with all asset groups."""


class Console:
    """A fresh console, a clock that stands still, and the service account's credentials."""

    def __init__(self, **switches: Any) -> None:
        self.clock = ManualClock()
        self.simulator = create_simulator(switches=switches, clock=self.clock)
        self.session = requests.Session()
        self.session.mount(BASE, WsgiAdapter(self.simulator.app))
        credentials = self.simulator.credentials
        self.auth = (credentials["user_name"], credentials["password"])

    def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        data: str | bytes | None = None,
        auth: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        checked: bool = True,
        **query: Any,
    ) -> requests.Response:
        """Call ``/api/3`` + ``path`` as the service account, or with other credentials."""
        sent = {"Content-Type": "application/json"} if data is not None else {}
        answer = self.session.request(
            method,
            f"{BASE}/api/3{path}",
            params=query,
            json=json,
            data=data,
            auth=auth or self.auth,
            headers={**sent, **(headers or {})},
        )
        if checked:
            route = self.simulator.log.requests()[-1].route
            check_answer(answer, method, route, success=self._success(method, path))
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """The body of a ``GET`` that succeeds."""
        answer = self.call("GET", path, **query)
        assert answer.ok, answer.text
        return answer.json()

    def ids(self, path: str) -> list[int]:
        """``resources`` of a list of ids."""
        listed: list[int] = self.get(path)["resources"]
        return listed

    def create(self, **changes: Any) -> requests.Response:
        """``POST /users``."""
        return self.call("POST", "/users", user_edit(**changes))

    def replace(self, user_id: int, **changes: Any) -> requests.Response:
        """``PUT /users/{id}`` of what was read, changed; None leaves a member out."""
        shown = self.get(f"/users/{user_id}")
        kept = {name: shown.get(name) for name in ("login", "name", "email", "enabled", "locale")}
        source, role = shown["authentication"], shown["role"]
        flags = ("id", "allSites", "allAssetGroups", "superuser")
        kept["authentication"] = {"type": source["type"], "id": source["id"]}
        kept["role"] = {name: role[name] for name in flags}
        body = {name: each for name, each in {**kept, **changes}.items() if each is not None}
        return self.call("PUT", f"/users/{user_id}", body)

    def _success(self, method: str, path: str) -> set[int]:
        if self.simulator.switches["success_codes"] == "guide":
            return {201, 204}
        created = (method, path) == ("POST", "/users")
        return {201} if created else set()


def user_edit(**changes: Any) -> dict[str, Any]:
    """A local user that can be created, changed; None leaves a member out."""
    body = {
        "login": "new.hire",
        "name": "New Hire",
        "email": "New.Hire@example.com",
        "password": "Good-Enough-1",
        "role": {"id": "user"},
        "authentication": {"type": "normal"},
        **changes,
    }
    return {name: each for name, each in body.items() if each is not None}


def message(answer: requests.Response) -> str:
    """The text of an error."""
    return str(answer.json()["message"])
