"""A password that came with a change is set, whoever else carries the change out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from scimbridge.provisioning.operations import Operations
from tests.bridge.other_vendors import open_vendor_world

SEE_THROUGH = Operations.see_through


def test_a_password_is_set_although_somebody_else_carried_the_change_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rivals = iter([True])

    def after_a_rival(
        operations: Operations,
        operation_pk: int,
        *,
        seconds: float | None = None,
        secrets: Mapping[int, Mapping[str, str]] | None = None,
    ) -> None:
        if next(rivals, False):
            SEE_THROUGH(operations, operation_pk)
        SEE_THROUGH(operations, operation_pk, seconds=seconds, secrets=secrets)

    with open_vendor_world(tmp_path, "insightvm") as world:
        user = world.scim.create_user("jane@example.com")["id"]
        world.forget()
        monkeypatch.setattr(Operations, "see_through", after_a_rival)

        answer = world.scim.patch(
            f"/Users/{user}",
            {"op": "replace", "path": "password", "value": "Str0ng-Passw0rd-xyzzy!"},
        )

        assert answer.status_code == 200
        assert any('"password"' in seen.body for seen in world.simulator.log.requests())
