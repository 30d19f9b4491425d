"""A clock that stands still and a transport that follows a script."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import requests.adapters
from urllib3 import HTTPHeaderDict, HTTPResponse

from scimbridge.connectors.http import Wiring


@dataclass
class StoppedClock:
    """Moves only when somebody sleeps, or when a test says so."""

    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass(frozen=True)
class Asked:
    """A request as it reached the transport."""

    method: str
    url: str
    headers: dict[str, str]
    body: str
    timeout: Any
    verify: Any
    proxies: dict[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    """One answer of the script."""

    status: int = 200
    body: Any = b""
    """Bytes as they are, all else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)


class Script(requests.adapters.BaseAdapter):
    """Answers each request by what ``route`` says for it, and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.answers: dict[tuple[str, str], list[Says | Exception]] = {}
        self.closed = False

    def on(self, method: str, path: str, *answers: Says | Exception) -> None:
        """Give ``answers`` one after the other; the last one from then on."""
        self.answers[method, path] = list(answers)

    def calls(self, *, but: str = "") -> list[str]:
        """Method and path of everything asked, without the path ``but``."""
        return [f"{each.method} {each.path}" for each in self.asked if each.path != but]

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        body = request.body or b""
        text = body if isinstance(body, str) else body.decode()
        asked = Asked(
            str(request.method),
            str(request.url),
            dict(request.headers),
            text,
            timeout,
            verify,
            dict(proxies or {}),
        )
        self.asked.append(asked)
        answers = self.answers.get((asked.method, asked.path), [Says(404, {"errors": []})])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        content = (
            answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        )
        raw = HTTPResponse(
            body=BytesIO(content),
            headers=HTTPHeaderDict(answer.headers),
            status=answer.status,
            preload_content=False,
        )
        return requests.adapters.HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def says() -> type[Says]:
    return Says


@pytest.fixture
def wiring(clock: StoppedClock, script: Script) -> Wiring:
    """A target called ``prod`` whose time stands still and whose vendor follows the script."""
    return Wiring(
        target="prod",
        open_adapter=lambda: script,
        clock=clock,
        now=clock,
        sleep=clock.sleep,
        uniform=lambda _low, high: high,
    )
