"""The access token of one API client: fetched when needed, shared by all threads, renewed early."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from scimbridge.connectors.deadline import remaining
from scimbridge.connectors.falcon.envelope import Call, parse_reply, read_reply
from scimbridge.connectors.falcon.settings import REGIONS, FalconSettings
from scimbridge.connectors.http import Answer, Http, Wiring
from scimbridge.errors import VendorDenied, VendorUnavailable

ROUTE = "/oauth2/token"
_RENEWED_EARLY_S = 120.0
_RENEWED_EARLY_SHARE = 0.2
_USUAL_LIFE_S = 1799.0
"""``expires_in`` of every token seen."""
_OLD_ENOUGH_S = 180.0
_REDIRECT = 308


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and where it is good: a token of one region is refused in another."""

    value: str
    base_url: str
    issued: float
    renew: float
    """When to fetch the next one. Both by `Wiring.clock`."""

    def __repr__(self) -> str:
        return f"Token(***, {self.base_url!r})"


class TokenSource:
    """Hands out the current token. Safe between threads: one renews, the others wait for it."""

    def __init__(self, http: Http, settings: FalconSettings, wiring: Wiring) -> None:
        self._http = http
        self._settings = settings
        self._wiring = wiring
        self._base_url = settings.url
        self._lock = threading.Lock()
        self._token: Token | None = None

    def token(self) -> Token:
        """A token that is good for some time yet.

        Raises `VendorDenied` if the credentials are refused, `VendorUnavailable` if no token can
        be had within the deadline.
        """
        token = self._token
        if token is not None and self._wiring.clock() < token.renew:
            return token
        with self._turn():
            if self._token is None or self._wiring.clock() >= self._token.renew:
                self._token = self._fetch()
            return self._token

    def refused(self, token: Token, status: int) -> bool:
        """Forget a token that the vendor refused. True if a new one may be accepted instead.

        The service has been seen answering 403 for an expired token (falcon-installer#94); a token
        that is minutes old and gets a 403 is therefore given up once.
        """
        if status != 401 and self._wiring.clock() - token.issued < _OLD_ENOUGH_S:
            return False
        with self._turn():
            if self._token is token:
                self._token = None
        return True

    @contextmanager
    def _turn(self) -> Iterator[None]:
        left = remaining()
        if not self._lock.acquire(timeout=-1 if left is None else left):
            raise VendorUnavailable(f"{self._wiring.target}: no time was left to wait for a token")
        try:
            yield
        finally:
            self._lock.release()

    def _fetch(self) -> Token:
        answer = self._request(self._base_url)
        if answer.status == _REDIRECT:
            self._base_url = self._home_region(answer)
            answer = self._request(self._base_url)
        return self._parse(answer)

    def _request(self, base_url: str) -> Answer:
        form = {
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.reveal(),
        }
        if self._settings.member_cid is not None:
            form["member_cid"] = self._settings.member_cid
        return self._http.send("POST", base_url + ROUTE, route=ROUTE, form=form, repeatable=True)

    def _home_region(self, answer: Answer) -> str:
        """Where the vendor says that these credentials live, if it is one of its own clouds.

        The secret is sent there, so that neither another host nor plain http is followed, and
        nothing at all from an address that was configured by hand: a proxy must not be left.
        """
        location = urlsplit(answer.headers.get("Location", ""))
        home = f"{location.scheme}://{location.netloc}"
        known = {url: region for region, url in REGIONS.items()}
        if home not in known or self._base_url not in known or location.path != ROUTE:
            raise VendorDenied(
                f"{self._wiring.target}: {self._base_url} sends these credentials elsewhere "
                f"({home}), where they are not sent; set region or base_url to the tenant's own"
            )
        return home

    def _parse(self, answer: Answer) -> Token:
        call = Call(self._wiring.target, "POST", ROUTE, "of the API client", repeatable=True)
        if answer.status in (400, 401, 403):
            raise self._denied(answer, call)
        read_reply(answer, call, self._wiring.now)
        body = answer.json()
        value = body.get("access_token")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise call.transient(f"{call}: answered {answer.status} without a token")
        issued = self._wiring.clock()
        life = body.get("expires_in")
        life = float(life) if isinstance(life, int | float) and life > 0 else _USUAL_LIFE_S
        early = min(_RENEWED_EARLY_S, life * _RENEWED_EARLY_SHARE)
        return Token(value, self._region_of(answer), issued, issued + life - early)

    def _region_of(self, answer: Answer) -> str:
        """The base URL for this token; one configured by hand is always obeyed."""
        region = answer.headers.get("X-Cs-Region", "").lower()
        if self._settings.region is not None and region in REGIONS:
            self._base_url = REGIONS[region]
        return self._base_url

    def _denied(self, answer: Answer, call: Call) -> VendorDenied:
        reply = parse_reply(answer)
        reasons = "; ".join(str(each) for each in reply.errors) if reply else ""
        member = ", and that member_cid is a child of this CID" if self._settings.member_cid else ""
        return VendorDenied(
            f"{call}: {reasons or f'answered {answer.status}'} - check client_id, client_secret "
            f"and the CID's IP allow list{member}",
            trace_id=reply.trace_id if reply else None,
        )
