"""What every route needs: the targets by name, and how this deployment is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import current_app, request

from scimbridge.config import BridgeConfig
from scimbridge.errors import NotFound
from scimbridge.provisioning.endpoints import Endpoint
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.web.auth import Authenticator
from scimbridge.web.console.desk import Desk
from scimbridge.web.limits import Slots
from scimbridge.web.metrics import Metrics

SCIM_PATH = "/<target>/scim/v2"
EXTENSION = "scimbridge"
_OKTA_URN = "urn:okta:"


@dataclass(frozen=True, slots=True)
class Site:
    """All that is served under one base URL."""

    config: BridgeConfig
    providers: Mapping[str, ServiceProvider]
    authenticator: Authenticator
    slots: Slots
    metrics: Metrics
    cursor_key: bytes
    now: Callable[[], int]
    """Milliseconds since the epoch."""
    console: Desk | None = None
    """Who may use the operator's pages; None: there are none."""

    def provider(self, target: str) -> ServiceProvider:
        """The target of a URL. Raises `NotFound`."""
        found = self.providers.get(target)
        if found is None:
            raise NotFound(f"nothing is served at {request.path}: there is no target {target}")
        return found

    def slots_of(self, target: str) -> int:
        """How many requests of ``target`` this process serves at a time."""
        # The rest of the threads is for other targets, and for probes.
        default = max(1, self.config.threads * 3 // 4)
        return self.providers[target].target.config.max_concurrent_requests or default

    def base_url(self, target: str) -> str:
        """The SCIM base URL of a target, as clients reach it, without a final slash."""
        return f"{self._root_url()}/{target}/scim/v2"

    def token_url(self, target: str) -> str:
        """Where clients get access tokens for a target."""
        return self._root_url() + token_path(target)

    def _root_url(self) -> str:
        return self.config.public_url or request.host_url.rstrip("/")


def token_path(target: str) -> str:
    """Where ``target`` issues access tokens: the path below the bridge's base URL."""
    return f"/{target}/oauth/token"


def site() -> Site:
    """The site that the current application serves."""
    found: Site = current_app.extensions[EXTENSION]
    return found


def listed_endpoints(provider: ServiceProvider) -> list[Endpoint]:
    """The resource types that the client of this request is told of.

    Okta's own types are listed to Okta alone; by name everybody finds them. Its entitlement
    discovery needs them in the list, while general clients (scim2-tester, for one) take every
    listed type for one that can be created.
    """
    is_okta = request.user_agent.string.lower().startswith("okta")
    return [
        endpoint
        for endpoint in provider.endpoints.values()
        if is_okta or not endpoint.resource_type.schema.id.startswith(_OKTA_URN)
    ]
