"""A WSGI application on 127.0.0.1: real sockets, threads, HTTP/1.1 with keep-alive, TLS if wanted.

Built on the standard library's HTTP server because Werkzeug's closes the connection after every
response (`werkzeug.serving.WSGIRequestHandler`, 3.1), and a client's pooling is worth testing.
"""

from __future__ import annotations

import http.server
import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app

from scimbridge.simulation.certificate import write_self_signed
from scimbridge.simulation.faults import ConnectionDropped
from scimbridge.simulation.instrument import SLEEP

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

logger = logging.getLogger(__name__)

_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """An application that is being served."""

    url: str
    """``http://127.0.0.1:<port>``, or ``https`` with TLS; no slash at the end."""
    certificate: Path | None
    """With TLS: the PEM file that a client must trust; it is removed with the server."""


@contextmanager
def serve(app: WSGIApplication, *, port: int = 0, tls: bool = False) -> Iterator[Served]:
    """Serve ``app`` on 127.0.0.1 for as long as the block lasts; port 0 takes a free one.

    On leaving, waits in progress are cut short, connections closed and all threads joined.
    """
    with TemporaryDirectory(prefix="scimbridge-") as folder:
        certificate = Path(folder, "certificate.pem") if tls else None
        with _Server(app, port, certificate) as server:
            # Short polls: `shutdown` is noticed only between two of them.
            accepting = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            accepting.start()
            try:
                scheme = "https" if tls else "http"
                yield Served(f"{scheme}://{_HOST}:{server.server_address[1]}", certificate)
            finally:
                server.stop()
                accepting.join()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server joins them
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, app: WSGIApplication, port: int, certificate: Path | None) -> None:
        super().__init__((_HOST, port), _Handler)
        self.app = app
        self.tls = certificate is not None
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(write_self_signed(certificate, _HOST))
            # The handshake must not block the accepting thread: it happens on the first read.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            logger.exception("the simulator failed on a request of %s", client_address)

    def stop(self) -> None:
        """Accept nothing more, cut waits short, and end idle keep-alive connections."""
        self.shutdown()
        self.stopping.set()
        for connection in self._open.copy():
            with suppress(OSError):
                # Not SSLSocket.shutdown: it would pull the TLS layer from under the reading thread.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one segment

    def answer(self) -> None:
        """Call the application for the request that was just read."""
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, self._environ())
        except ConnectionDropped:
            self.close_connection = True
            return
        except Exception:
            logger.exception("the simulator failed on %s %s", self.command, self.path)
            chunks, status, headers = (), "500 Internal Server Error", Headers()
        close = getattr(chunks, "close", bool)
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and int(code) not in (204, 304):
            chunks = (b"".join(chunks),)
            self.send_header("Content-Length", str(len(chunks[0])))
        self.end_headers()
        self._send(chunks, close)

    def _send(self, chunks: Iterable[bytes], close: Callable[[], object]) -> None:
        """Send a body as it comes; one that breaks off ends the connection.

        The last piece is held back until the application is through with the request, so that who
        has all of an answer finds everything done that follows from it.
        """
        held = b""
        try:
            for chunk in chunks:
                if held:
                    self.wfile.write(held)
                    self.wfile.flush()
                held = chunk
        except ConnectionDropped:
            self.close_connection = True
        finally:
            close()
        self.wfile.write(held)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)

    def _environ(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionDropped
        environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            # PEP 3333: bytes as latin-1.
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": _HOST,
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_PORT": str(self.client_address[1]),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self.server.tls else "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            SLEEP: self.server.stopping.wait,
        }
        for name in set(self.headers) - {"Content-Type", "Content-Length"}:
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = ",".join(self.headers.get_all(name, ()))
        return environ
