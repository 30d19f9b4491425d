"""A caller of the simulated Falcon, in process: what the tests of the simulator talk through."""

from __future__ import annotations

from typing import Any, TypeVar

import requests

from scimbridge.connectors.falcon.simulator import create_simulator
from scimbridge.simulation.clock import ManualClock
from scimbridge.simulation.wsgi_adapter import WsgiAdapter

BASE = "http://falcon.test"
Sdk = TypeVar("Sdk")


class Falcon:
    """A fresh tenant, a clock that stands still, and a session with a good token."""

    def __init__(self, **switches: Any) -> None:
        self.clock = ManualClock()
        self.simulator = create_simulator(switches=switches, clock=self.clock)
        self.session = requests.Session()
        self.session.mount(BASE, WsgiAdapter(self.simulator.app))
        self.headers: dict[str, str] = {}

    def token(self, **form: str) -> requests.Response:
        """Ask for a token with the tenant's own credentials, or with others in ``form``."""
        credentials = self.simulator.credentials
        fields = {
            "client_id": credentials["client_id"],
            "client_secret": credentials["client_secret"],
            **form,
        }
        return self.session.post(f"{BASE}/oauth2/token", data=fields, allow_redirects=False)

    def login(self, **form: str) -> None:
        """Take a token for all calls to come."""
        self.headers = {"Authorization": f"Bearer {self.token(**form).json()['access_token']}"}

    def call(self, method: str, path: str, json: Any = None, **query: Any) -> requests.Response:
        """Call one operation, signing in first if need be."""
        if not self.headers:
            self.login()
        return self.session.request(
            method, BASE + path, params=query, json=json, headers=self.headers
        )

    def send(self, method: str, path: str, *items: dict[str, Any]) -> requests.Response:
        """Call an operation whose body is a list of resources."""
        return self.call(method, path, {"resources": list(items)})

    def sdk(self, interface: type[Sdk], **options: Any) -> Sdk:
        """One of the interfaces of the vendor's own SDK, pointed at this tenant."""
        return interface(
            client_id=self.simulator.credentials["client_id"],
            client_secret=self.simulator.credentials["client_secret"],
            base_url=BASE,
            session=self.session,
            **options,
        )

    def routes(self) -> set[tuple[str, str | None]]:
        """Method and route template of every request so far."""
        return {(seen.method, seen.route) for seen in self.simulator.log.requests()}

    def uuid(self, uid: str) -> str:
        """The uuid of the account with this login."""
        user = self.simulator.state.find_by_uid(uid)
        assert user is not None
        return user.uuid


def resources(response: requests.Response) -> Any:
    """``resources`` of a successful answer."""
    assert response.ok, response.text
    return response.json()["resources"]


def message(response: requests.Response) -> str:
    """The first error's message."""
    return str(response.json()["errors"][0]["message"])
