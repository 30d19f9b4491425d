"""How results look to programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from scimbridge.cli.output import print_json
from scimbridge.connectors.interface import Entitlement, HeldGrant
from scimbridge.directory.audit import AuditLine


def shown(found: object, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    print_json(found)
    [line] = capsys.readouterr().out.splitlines()
    result: dict[str, object] = json.loads(line)
    return result


def test_entitlements_are_written_as_in_the_configuration_and_times_in_milliseconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    until = datetime(2026, 11, 21, 12, 0, 0, 500_000, tzinfo=UTC)

    result = shown(HeldGrant(Entitlement("role", "admin"), expires=until), capsys)

    assert result["entitlement"] == "role:admin"
    assert result["expires"] == 1_795_262_400_500


def test_the_detail_of_an_audit_line_is_no_text_within_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = AuditLine(1, "t", 2, "who", "-", "create", "User", None, '{"userName": "a\\nb"}', "d")

    assert shown(line, capsys)["detail"] == {"userName": "a\nb"}


def test_what_has_no_form_is_a_mistake_of_the_command() -> None:
    with pytest.raises(TypeError, match="not JSON serializable: set"):
        print_json({"found": {1}})
