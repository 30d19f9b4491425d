from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import HERE
from conformance.exemptions import Exemption, ExemptionError, excuse, load_exemptions, stale
from conformance.model import CaseInfo, Level, Outcome, Result, Run

ROW = Exemption("a", "falcon", "the vendor cannot")


def result(identity: str, outcome: Outcome) -> Result:
    return Result(CaseInfo(identity, "Test", "t", Level.MUST, "w"), outcome, ("p",))


def test_a_failure_is_excused_for_the_named_case_and_target_type() -> None:
    excused = excuse(result("a", Outcome.FAILED), [ROW], "falcon")

    assert (excused.outcome, excused.reason) == (Outcome.EXEMPT, "the vendor cannot")
    assert excused.problems == ("p",)


@pytest.mark.parametrize(
    ("identity", "outcome", "target_type"),
    [("b", Outcome.FAILED, "falcon"), ("a", Outcome.FAILED, ""), ("a", Outcome.PASSED, "falcon")],
)
def test_nothing_else_is_excused(identity: str, outcome: Outcome, target_type: str) -> None:
    assert excuse(result(identity, outcome), [ROW], target_type).outcome is outcome


def test_an_exemption_that_excuses_nothing_is_stale() -> None:
    results = (result("a", Outcome.PASSED), result("b", Outcome.EXEMPT))
    rows = [ROW, Exemption("b", "falcon", "r"), Exemption("c", "other", "r")]

    assert stale(results, rows, "falcon") == ("a",)


def test_a_run_conforms_with_exemptions_and_recommendations_but_not_with_a_failed_must() -> None:
    soft = Result(CaseInfo("s", "T", "t", Level.SHOULD, "w"), Outcome.FAILED)

    def run(*results: Result) -> Run:
        return Run("u", "", "now", 0, results)

    assert run(result("a", Outcome.EXEMPT), soft).conforms
    assert not run(soft, result("a", Outcome.FAILED)).conforms


@pytest.mark.parametrize(
    "rows",
    [[{"case": "a"}], [{"case": "a", "target_type": "b", "reason": ""}], ["a"], [None]],
)
def test_an_incomplete_row_is_refused(tmp_path: Path, rows: list[Any]) -> None:
    path = tmp_path / "exemptions.json"
    path.write_text(json.dumps(rows))

    with pytest.raises(ExemptionError, match="needs exactly case, reason, target_type"):
        load_exemptions(path)


def test_the_exemptions_of_the_project_are_complete() -> None:
    assert isinstance(load_exemptions(HERE / "exemptions.json"), list)
