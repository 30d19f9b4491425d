"""Where an SQLite file may lie: not on a network file system.

SQLite's write-ahead log needs memory that all processes share, which hosts of a network file system
do not, and its locks are known not to hold there (https://sqlite.org/wal.html, "all processes using
a database must be on the same host computer").
"""

from __future__ import annotations

import re
from pathlib import Path

from scimbridge.errors import ConfigError

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    {
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "fuse.ceph",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def refuse_network_folder(file: Path, *, mounts: Path = _MOUNTS) -> None:
    """Raise `ConfigError` if ``file`` is, or would be, on a network file system.

    ``mounts`` is what Linux says of what is mounted where (proc(5)). Other systems are trusted.
    """
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return
    path = file.resolve()
    kinds = dict(_mount(line) for line in lines)
    point = next(parent for parent in path.parents if parent in kinds or parent == parent.parent)
    kind = kinds.get(point)
    if kind in _NETWORK:
        raise ConfigError(
            f"{path} is on {point}, a network file system ({kind}), on which SQLite loses data; "
            "use a local disk, or PostgreSQL if several hosts run the bridge"
        )


def _mount(line: str) -> tuple[Path, str]:
    """Where a line's file system is mounted, and its type."""
    before, _, after = line.partition(" - ")
    point = _ESCAPED.sub(lambda match: chr(int(match[1], 8)), before.split(" ")[4])
    return Path(point), after.split(" ")[0]
