"""Who may use the operator's pages, and from where."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from scimbridge.config import ConsoleConfig
from scimbridge.directory.audit import AuditLog
from scimbridge.errors import Forbidden, TemporarilyUnavailable
from scimbridge.web.addresses import Networks, client_address, counted_as, networks, within
from scimbridge.web.console.passwords import matches
from scimbridge.web.console.sessions import Session, Sessions
from scimbridge.web.limits import Failures

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """Lets operators in.

    Unlike a token a password can be guessed. Therefore attempts are counted before they are looked
    at, right ones too: each address has ten and then one in half a minute, each name a hundred and
    then one in ten seconds, from wherever they come.
    """

    sessions: Sessions
    audit: AuditLog
    secure: bool
    """Whether browsers reach the bridge by https."""
    prefix: str
    """The path of the public URL, below which browsers find the pages."""
    proxies: Networks
    allowed: Networks
    """Empty: from everywhere."""
    attempts_of_address: Failures
    attempts_of_name: Failures

    def require_allowed_address(self) -> None:
        """Raise `Forbidden` if the pages are not reached from where this request comes from."""
        address = client_address(self.proxies)
        if self.allowed and not within(address, self.allowed):
            logger.warning("the console is called from %s, which is not allowed", address)
            raise Forbidden(
                f"The console is not open to {address}: see allowed_networks in [console], and "
                "trusted_proxies in [bridge]."
            )

    def sign_in(self, name: str, password: str) -> Session | None:
        """A session of the operator; None if name and password do not belong together.

        Raises `TemporarilyUnavailable` after too many attempts.
        """
        address = client_address(self.proxies)
        wait = self.attempts_of_address.count(counted_as(address))
        known = self.sessions.operators.get(name)
        if known is not None and not wait:
            wait = self.attempts_of_name.count(name)
        if wait:
            raise TemporarilyUnavailable(
                f"There were too many attempts to sign in. Try again in {wait} s.",
                retry_after=wait,
            )
        if not matches(None if known is None else known.reveal(), password):
            shown = name if known is not None else "somebody unknown"
            logger.warning("%s could not sign in to the console from %s", shown, address)
            return None
        logger.info("%s signed in to the console from %s", name, address)
        return self.sessions.begin(name)


def open_desk(
    config: ConsoleConfig,
    *,
    key: bytes,
    audit: AuditLog,
    public_url: str | None,
    trusted_proxies: tuple[str, ...],
    now: Callable[[], int],
) -> Desk:
    """The desk that the configuration asks for; ``now`` gives milliseconds since the epoch."""
    scheme, _, rest = (public_url or "").partition("://")
    _, slash, path = rest.partition("/")
    return Desk(
        sessions=Sessions(key, config.operators, config.session_s, now),
        audit=audit,
        secure=scheme == "https",
        prefix=slash + path,
        proxies=networks(trusted_proxies),
        allowed=networks(config.allowed_networks),
        attempts_of_address=Failures(burst=10, seconds=30, now=now),
        attempts_of_name=Failures(burst=100, seconds=10, now=now),
    )
