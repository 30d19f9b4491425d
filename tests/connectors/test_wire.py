"""The HTTP layer over real sockets: what a scripted transport cannot show."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.http import Answer, Http, Wiring
from scimbridge.errors import OutcomeUnknown, VendorDenied, VendorUnavailable
from scimbridge.simulation.certificate import write_self_signed

Behaviour = Callable[[socket.socket, threading.Event], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PATIENCE_S = 60
"""How long a server goes on, and a call without a deadline: far longer than any test takes."""
LATE_S = 0.2


class Server:
    """Accepts on loopback and lets each connection meet with the same behaviour."""

    def __init__(self, behave: Behaviour, context: ssl.SSLContext | None = None) -> None:
        self._behave = behave
        self._context = context
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._met: list[tuple[threading.Thread, socket.socket]] = []
        self.accepted = 0
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.accepted += 1
                thread = threading.Thread(target=self._meet, args=(connection,))
                self._met.append((thread, connection))
                thread.start()

    def _meet(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self._behave(connection, self._stop)

    def stop(self) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        for thread, connection in self._met:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(behave: Behaviour, context: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(behave, context))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def client() -> Iterator[Http]:
    client = Http(Wiring(target="prod"), timeout=PATIENCE_S)
    yield client
    client.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How many seconds a client's socket may wait from now on, each time that it is told."""
    told: list[float] = []
    set_timeout = socket.socket.settimeout

    def settimeout(each: socket.socket, seconds: float | None) -> None:
        if seconds is not None:  # a server's socket waits for ever
            told.append(seconds)
        set_timeout(each, seconds)

    monkeypatch.setattr(socket.socket, "settimeout", settimeout)
    return told


def send(client: Http, server: Server, *, repeatable: bool = True, tls: bool = False) -> Answer:
    url = f"{'https' if tls else 'http'}://127.0.0.1:{server.port}/users"
    return client.send("POST", url, route="/users", json={}, repeatable=repeatable)


def read_request(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"{}"):
        chunk = connection.recv(65536)
        if not chunk:
            raise OSError("closed")
        received += chunk
    return received


def answering(answer: bytes) -> Behaviour:
    def behave(connection: socket.socket, _stop: threading.Event) -> None:
        while True:
            read_request(connection)
            connection.sendall(answer)

    return behave


def dripping(start: bytes, drop: bytes) -> Behaviour:
    def behave(connection: socket.socket, stop: threading.Event) -> None:
        read_request(connection)
        connection.sendall(start)
        until = time.monotonic() + PATIENCE_S
        while not stop.wait(0.02) and time.monotonic() < until:
            connection.sendall(drop)

    return behave


def flooding(flood: bytes) -> Behaviour:
    def behave(connection: socket.socket, stop: threading.Event) -> None:
        read_request(connection)
        until = time.monotonic() + PATIENCE_S
        while not stop.is_set() and time.monotonic() < until:
            connection.sendall(flood)

    return behave


def closing(after: bytes = b"") -> Behaviour:
    def behave(connection: socket.socket, _stop: threading.Event) -> None:
        read_request(connection)
        connection.sendall(after)

    return behave


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n"), id="headers"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nX-Drip: ", b"1"), id="one header"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"), id="body"),
        pytest.param(
            dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            id="chunked body",
        ),
        pytest.param(dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="100 for ever"),
        pytest.param(flooding(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), id="a flood of 100s"),
        pytest.param(dripping(b"", b""), id="nothing"),
    ],
)
def test_a_vendor_that_drips_is_given_up_at_the_deadline(
    client: Http, serve: Callable[..., Server], behave: Behaviour
) -> None:
    server = serve(behave)
    started = time.monotonic()

    with deadline(1), pytest.raises(OutcomeUnknown, match="no answer in time"):
        send(client, server, repeatable=False)

    assert 0.99 < time.monotonic() - started < PATIENCE_S / 2


def test_what_came_late_does_not_buy_more_time(
    client: Http, serve: Callable[..., Server], waits: list[float]
) -> None:
    def late_and_no_more(connection: socket.socket, stop: threading.Event) -> None:
        read_request(connection)
        stop.wait(LATE_S)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    server = serve(late_and_no_more)

    with deadline(30):
        send(client, server)

    assert waits[-1] <= 30 - LATE_S


def test_the_time_that_connecting_takes_is_part_of_the_call(
    serve: Callable[..., Server], waits: list[float], tmp_path: Path
) -> None:
    certificate = write_self_signed(tmp_path / "vendor.pem", "127.0.0.1")

    def slow_handshake(connection: socket.socket, stop: threading.Event) -> None:
        stop.wait(LATE_S)
        with tls_context(certificate).wrap_socket(connection, server_side=True) as secured:
            read_request(secured)
            secured.sendall(OK)

    server = serve(slow_handshake)
    client = Http(Wiring(target="prod"), timeout=PATIENCE_S, verify=str(certificate))

    with deadline(30):
        send(client, server, tls=True)

    assert waits[-1] <= 30 - LATE_S
    client.close()


def test_cookies_are_not_kept(client: Http, serve: Callable[..., Server]) -> None:
    requests_seen: list[bytes] = []

    def behave(connection: socket.socket, _stop: threading.Event) -> None:
        while True:
            requests_seen.append(read_request(connection))
            connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: session=1\r\n\r\n"))

    server = serve(behave)

    send(client, server)
    send(client, server)

    assert b"cookie" not in requests_seen[1].lower()


def test_a_whole_answer_in_time_is_read(client: Http, serve: Callable[..., Server]) -> None:
    server = serve(answering(OK))

    with deadline(30):
        assert send(client, server).body == b"ok"


def test_threads_share_the_pooled_connections(client: Http, serve: Callable[..., Server]) -> None:
    server = serve(answering(OK))

    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(send, client, server).result().status == 200

    assert server.accepted == 1


def test_the_time_limit_of_one_call_does_not_stay_on_its_connection(
    client: Http, serve: Callable[..., Server], waits: list[float]
) -> None:
    server = serve(answering(OK))

    with deadline(30):
        send(client, server)
    assert waits[-1] <= 30
    send(client, server)

    assert waits[-1] > 30
    assert server.accepted == 1


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(closing(), id="before a byte"),
        pytest.param(closing(b"HTTP/1.1 2"), id="in the status line"),
        pytest.param(closing(b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{"), id="in body"),
        pytest.param(closing(b"no HTTP at all\r\n\r\n"), id="after nonsense"),
    ],
)
def test_a_connection_that_ends_early_leaves_open_what_was_done(
    client: Http, serve: Callable[..., Server], behave: Behaviour
) -> None:
    server = serve(behave)

    with pytest.raises(OutcomeUnknown):
        send(client, server, repeatable=False)
    with pytest.raises(VendorUnavailable) as caught:
        send(client, server, repeatable=True)

    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_refused_connection_means_that_nothing_was_done(
    client: Http, serve: Callable[..., Server]
) -> None:
    server = serve(closing())
    server.stop()

    with pytest.raises(VendorUnavailable) as caught:
        send(client, server, repeatable=False)

    assert not isinstance(caught.value, OutcomeUnknown)
    assert "Connection refused" in caught.value.reason


def test_an_unknown_host_means_that_nothing_was_done(client: Http) -> None:
    with pytest.raises(VendorUnavailable) as caught:
        client.send("POST", "http://no-such-host.invalid/", route="/", repeatable=False)

    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_proxy_that_cannot_be_reached_means_that_nothing_was_done(
    client: Http, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(closing())
    server.stop()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    with pytest.raises(VendorUnavailable) as caught:
        client.send("POST", "http://vendor.example/", route="/", repeatable=False)

    assert not isinstance(caught.value, OutcomeUnknown)


def test_the_proxy_of_the_environment_is_used_within_the_deadline(
    client: Http, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def silent(connection: socket.socket, stop: threading.Event) -> None:
        seen.append(read_request(connection))
        stop.wait(PATIENCE_S)

    server = serve(silent)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    with deadline(1), pytest.raises(VendorUnavailable, match="no answer in time"):
        client.send("POST", "http://vendor.example/x", route="/x", json={}, repeatable=True)

    assert seen[0].startswith(b"POST http://vendor.example/x HTTP/1.1\r\n")


def tls_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_is_not_trusted_is_a_matter_of_configuration(
    client: Http, serve: Callable[..., Server], tmp_path: Path
) -> None:
    certificate = write_self_signed(tmp_path / "vendor.pem", "127.0.0.1")
    server = serve(answering(OK), tls_context(certificate))

    with pytest.raises(VendorDenied, match=r"certificate is not trusted.*CA file"):
        send(client, server, repeatable=False, tls=True)


def test_a_certificate_that_the_target_names_is_trusted_and_the_deadline_holds_over_tls(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    certificate = write_self_signed(tmp_path / "vendor.pem", "127.0.0.1")
    client = Http(Wiring(target="prod"), timeout=PATIENCE_S, verify=str(certificate))
    quick = serve(answering(OK), tls_context(certificate))
    slow = serve(dripping(b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n"), tls_context(certificate))

    assert send(client, quick, tls=True).body == b"ok"
    with deadline(1), pytest.raises(VendorUnavailable, match="no answer in time"):
        send(client, slow, tls=True)

    client.close()
