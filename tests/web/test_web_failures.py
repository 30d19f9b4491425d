"""What fails behind the web layer, as the SCIM client sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimbridge.directory.engine import Directory
from scimbridge.errors import DirectoryError
from tests.conftest import CORE_USER, World, open_world

CREATE = "POST /user-management/entities/users/v1"
NEW = {"schemas": [CORE_USER], "userName": "jane@example.com"}


@pytest.mark.parametrize("status", [429, 503])
def test_a_vendor_that_is_down_is_answered_with_the_status_that_the_target_wants(
    tmp_path: Path, status: int
) -> None:
    with open_world(tmp_path, policy=f"transient_status = {status}") as world:
        world.vendor.fault(CREATE, status=503, count=50)

        answer = world.scim("POST", "/Users", NEW)

    assert (answer.status_code, answer.json()["status"]) == (status, str(status))
    # Okta reads a date as five minutes.
    assert int(answer.headers["Retry-After"]) > 0


def test_the_vendors_refusal_of_the_bridge_is_no_401_to_the_client(world: World) -> None:
    world.vendor.fault(CREATE, status=403, count=50)

    answer = world.scim("POST", "/Users", NEW)

    assert (answer.status_code, answer.json()["status"]) == (500, "500")
    assert "the bridge itself is refused" in answer.json()["detail"]
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [("GET", "/Users"), ("POST", "/Users")])
def test_a_directory_that_does_not_answer_asks_to_try_again(
    shared: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
) -> None:
    def fail(_directory: Directory) -> None:
        raise DirectoryError("the directory did not answer: disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(Directory, "read", fail)
        answer = shared.scim(method, path, NEW if method == "POST" else None)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert "disk I/O error" in answer.json()["detail"]
    assert f"{method} /falcon/scim/v2/Users: the directory did not answer" in caplog.text
