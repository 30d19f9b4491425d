"""Metrics of several processes: all that gunicorn's parent needs, which imports nothing else.

Each process counts in files of the directory that the environment variable `MULTIPROCESS_VARIABLE`
names. The library reads the variable when it is first imported, so it is set before the process
starts.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import mark_process_dead

MULTIPROCESS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"


def fold(pid: int) -> None:
    """Add what the ended process ``pid`` counted to one file, so that files do not pile up.

    To be called by one process alone: the parent.
    """
    folder = Path(os.environ[MULTIPROCESS_VARIABLE])
    values: Any = MmapedDict  # without types, too
    for kind in ("counter", "histogram"):
        ended = folder / f"{kind}_{pid}.db"
        if not ended.exists():
            continue
        total = values(str(folder / f"{kind}_0.db"))
        for key, value, timestamp, _position in values.read_all_values_from_file(str(ended)):
            total.write_value(key, total.read_value(key)[0] + value, timestamp)
        total.close()
        ended.unlink()
    forget: Any = mark_process_dead
    forget(pid)  # what it would have called or not
