"""SQLite is refused where it would lose data."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimbridge.directory.filesystem import refuse_network_folder
from scimbridge.errors import ConfigError

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:45 / /mnt/share rw,relatime shared:20 - nfs4 server:/export rw,vers=4.2
41 40 8:17 / /mnt/share/local rw shared:21 - xfs /dev/sdb1 rw
42 22 0:46 / /mnt/with\040blank rw - cifs //server/share rw
"""


def check(folder: Path, path: str) -> None:
    mounts = folder / "mountinfo"
    mounts.write_text(MOUNTS.strip())
    refuse_network_folder(Path(path), mounts=mounts)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/mnt/share/directory.db", r"on /mnt/share, a network file system \(nfs4\)"),
        ("/mnt/share/new/folder/directory.db", r"on /mnt/share,"),
        ("/mnt/with blank/directory.db", r"on /mnt/with blank, .*\(cifs\)"),
    ],
)
def test_a_network_file_system_is_refused_by_name(tmp_path: Path, path: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        check(tmp_path, path)


@pytest.mark.parametrize(
    "path", ["/directory.db", "/mnt/directory.db", "/mnt/share/local/directory.db", "/mnt/shared/x"]
)
def test_a_local_disk_is_accepted(tmp_path: Path, path: str) -> None:
    check(tmp_path, path)


def test_a_link_to_a_network_file_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/mnt/share")

    with pytest.raises(ConfigError, match="nfs4"):
        check(tmp_path, f"{tmp_path}/link/directory.db")


def test_where_the_system_does_not_say_what_is_mounted_any_place_is_accepted(
    tmp_path: Path,
) -> None:
    refuse_network_folder(Path("/mnt/share/directory.db"), mounts=tmp_path / "missing")
