from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.conversation import Conversation
from conformance.ledger import Ledger
from conformance.masking import Masker
from conformance.model import Case
from conformance.play import case_of
from conformance.runner import Runner
from conformance.sources import Sources
from conformance.transcript import load_transcripts
from conformance.variables import Variables
from conformance.wire import Wire
from tests.conformance.small_server import TOKEN, SmallServer, serve


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with serve(SmallServer()) as running:
        yield running


@pytest.fixture
def wire(server: SmallServer) -> Wire:
    return Wire(server.url, TOKEN, timeout_s=5.0, sleep=lambda seconds: None)


@pytest.fixture
def ledger(wire: Wire) -> Ledger:
    return Ledger(wire)


@pytest.fixture
def runner(wire: Wire, ledger: Ledger) -> Runner:
    return Runner(wire, ledger, Masker(TOKEN), run_id="run1")


@pytest.fixture
def conversation(wire: Wire, ledger: Ledger) -> Conversation:
    return Conversation(wire, ledger, Variables(unique="run1-007", domain="example.com"))


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., list[Case]]:
    """Cases from a transcript file written on the spot: ``written(case, case, fixtures=...)``."""

    def write(*cases: dict[str, Any], **file: Any) -> list[Case]:
        complete = [
            {"id": f"case{n}", "title": "t", "level": "must", "why": "w", "source": "RFC 7644"}
            | case
            for n, case in enumerate(cases, 1)
        ]
        content = {"client": "Test", "about": "a", "cases": complete} | file
        (tmp_path / "written.json").write_text(json.dumps(content))
        return [case_of(transcript) for transcript in load_transcripts(tmp_path, Sources({}))]

    return write
