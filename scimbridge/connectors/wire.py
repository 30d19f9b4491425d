"""The pooled HTTP adapter whose read time-out bounds the whole response.

A socket's time-out, and so that of requests, starts again with every read: a server that sends one
byte a second, in its headers or in its body, is never too slow. Here it runs from the moment the
response is awaited to its last byte.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class _RawReader(Protocol):
    def readinto(self, buffer: Any, /) -> int | None: ...
    def close(self) -> None: ...


class _BoundedReader(io.RawIOBase):
    """Lets every read of ``raw`` wait only for what is left of ``seconds``."""

    def __init__(
        self,
        raw: _RawReader,
        set_timeout: Callable[[float], None],
        seconds: float,
    ) -> None:
        super().__init__()
        self._raw = raw
        self._set_timeout = set_timeout
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the response took longer than the call may")
        self._set_timeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedSocket:
    """The one method of a socket that `http.client.HTTPResponse` uses."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        raw = self._sock.makefile("rb", buffering=0)
        # Never None: `BoundedAdapter.send` sees to it.
        seconds = cast(float, self._sock.gettimeout())
        return io.BufferedReader(_BoundedReader(raw, self._sock.settimeout, seconds))


class _BoundedResponse(http.client.HTTPResponse):
    """urllib3 sets the socket's time-out to what the call has left just before it makes this."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_BoundedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    response_class = _BoundedResponse


class _TlsConnection(HTTPSConnection):
    response_class = _BoundedResponse


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}


class BoundedAdapter(requests.adapters.HTTPAdapter):
    """A connection pool for all threads of one target, without retries.

    Of the time-out ``(connect, read)``, the second bounds the whole call: connecting, sending and
    reading the response to its end.
    """

    def __init__(self, *, connections: int = 16) -> None:
        super().__init__(pool_connections=4, pool_maxsize=connections, max_retries=0)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """See `requests.adapters.HTTPAdapter.send`."""
        connect, whole = timeout
        bounded = urllib3.Timeout(connect=connect, read=whole, total=whole)
        return super().send(request, stream, cast(Any, bounded), verify, cert, proxies)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See `requests.adapters.HTTPAdapter.init_poolmanager`."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.ProxyManager:
        """See `requests.adapters.HTTPAdapter.proxy_manager_for`."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
