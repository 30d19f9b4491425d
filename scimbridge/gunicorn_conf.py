"""How gunicorn runs the bridge. `scimbridge serve` sets the SCIMBRIDGE_ variables from its file.

Each worker opens its own directory and sessions when it builds the application, hence no preload:
an SQLite connection must not cross a fork. The modules may, and are imported once for all workers.
"""

import gc
import importlib
import math
import os
import shutil
from typing import Any

from scimbridge.web.multiprocess import MULTIPROCESS_VARIABLE, fold

bind = os.environ.get("SCIMBRIDGE_LISTEN", "127.0.0.1:8080")
loglevel = os.environ.get("SCIMBRIDGE_LOG_LEVEL", "info")
_deadline_s = float(os.environ.get("SCIMBRIDGE_DEADLINE_S", "25"))

# A request spends its time waiting for the vendor, so threads are what throughput hangs on. With a
# vendor that answers in 200 ms, 4 sync workers made 19 requests a second, 2 workers of 16 threads
# 154, 2 of 32 233, and 2 of 64 307.
worker_class = "gthread"
workers = int(os.environ.get("SCIMBRIDGE_WORKERS", "2"))
threads = int(os.environ.get("SCIMBRIDGE_THREADS", "32"))
preload_app = False

# With gthread this bounds a worker that hangs as a whole, not a request: the deadline does that.
timeout = 60
# What is running when a stop or a reload comes is answered within its deadline.
graceful_timeout = math.ceil(_deadline_s) + 5
# Longer than the proxy keeps an idle connection (4 s in the files beside this one): the side that
# sends must be the one that closes, or a POST meets a closing socket.
keepalive = 5

# A leak in a library would be bounded; not all workers stop at once. Of 10,000 requests the start
# of the next worker took an eighth of the time.
max_requests = 200_000
max_requests_jitter = 20_000

# A SCIM filter of 2,048 characters fits, percent-encoded too; a longer one goes to
# POST /.search. No IdP sends 50 headers.
limit_request_line = 8_190
limit_request_fields = 50
limit_request_field_size = 8_190

# Worker heartbeats are file timestamps, and a slow disk must not look like a dead worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108

# An administration channel that nothing here uses.
control_socket_disable = True

# The bridge writes its own line for each request, with the request's id.
accesslog = None
errorlog = "-"


def on_starting(_server: Any) -> None:
    """Have the parent import everything, and read the configuration, for all workers.

    One that is replaced is back in a moment, and is like the others.
    """
    importlib.import_module("scimbridge.wsgi").configuration()
    _leave_out_of_collections()


def post_worker_init(_worker: Any) -> None:
    """Begin to serve: the application stays as long as its worker does."""
    _leave_out_of_collections()


def child_exit(_server: Any, worker: Any) -> None:
    """Keep what an ended worker counted."""
    if MULTIPROCESS_VARIABLE in os.environ:
        fold(worker.pid)


def on_exit(_server: Any) -> None:
    """Remove what the workers counted in, which `scimbridge serve` made."""
    if folder := os.environ.get(MULTIPROCESS_VARIABLE):
        shutil.rmtree(folder, ignore_errors=True)


def _leave_out_of_collections() -> None:
    """What is there now stays. Collecting would look at all of it again and again, and copy the
    memory that a worker shares with its parent."""
    gc.collect()
    gc.freeze()
