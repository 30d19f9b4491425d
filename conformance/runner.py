"""Runs the cases one after the other and cleans up after each, whatever happened in it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.conversation import Abandoned, Conversation
from conformance.features import discover_features
from conformance.ledger import Ledger
from conformance.masking import Masker
from conformance.model import Case, Outcome, Result
from conformance.variables import Variables
from conformance.wire import Wire


class UnreachableError(Exception):
    """Nothing answers at the URL, so there is nothing to test."""


@dataclass(frozen=True, slots=True)
class Runner:
    """One run against one server."""

    wire: Wire
    ledger: Ledger
    masker: Masker
    domain: str = "example.com"
    """Of the user names and e-mail addresses that the run invents."""
    run_id: str = ""
    """Part of every name that the run invents, so that runs do not meet; see `new_run_id`."""

    def features(self) -> frozenset[str]:
        """Return what the server says it can do; raises `UnreachableError`."""
        conversation = self._conversation("features")
        features = discover_features(conversation)
        if not any(exchange.response for exchange in conversation.exchanges):
            reason = self.masker.text(conversation.exchanges[0].error)
            raise UnreachableError(f"no SCIM server answers at {self.wire.base_url}: {reason}")
        return features

    def run(
        self,
        cases: Iterable[Case],
        features: frozenset[str],
        on_result: Callable[[Result], None] = lambda _: None,
    ) -> list[Result]:
        """Play the cases in order and return their results; ``on_result`` sees each as it comes."""
        results = []
        for number, case in enumerate(cases, 1):
            lacking = sorted(case.requires - features)
            result = (
                Result(case.info, Outcome.SKIPPED, reason=f"needs {', '.join(lacking)}")
                if lacking
                else self._play(case, number)
            )
            results.append(result)
            on_result(result)
        return results

    def _play(self, case: Case, number: int) -> Result:
        conversation = self._conversation(f"{number:03d}")
        started = time.monotonic()
        try:
            case.play(conversation)
        except Abandoned:
            pass
        except Exception as error:
            # Any server may be under test: a body that a check did not foresee fails that check
            # and must not end the run.
            conversation.blame(f"the check could not handle the response: {error!r}")
        finally:
            duration = round((time.monotonic() - started) * 1000)
            self.ledger.clear()
        failed = bool(conversation.problems)
        return Result(
            info=case.info,
            outcome=Outcome.FAILED if failed else Outcome.PASSED,
            problems=tuple(self.masker.text(problem) for problem in conversation.problems),
            evidence=conversation.evidence(self.masker) if failed else (),
            duration_ms=duration,
        )

    def _conversation(self, name: str) -> Conversation:
        variables = Variables(
            unique=f"{self.run_id}-{name}",
            run=self.run_id,
            base=self.wire.base_url,
            token=self.wire.token,
            domain=self.domain,
        )
        return Conversation(self.wire, self.ledger, variables)


def new_run_id() -> str:
    """Return eight characters that no other run has."""
    return secrets.token_hex(4)
