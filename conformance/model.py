"""What a conformance case is and what running it yields: values only, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from conformance.conversation import Conversation

Json: TypeAlias = Any
"""A value as ``json.loads`` returns it; the server under test decides its shape."""


class Level(Enum):
    """How binding a case is: the verb of the RFC, or what the named client cannot do without."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Outcome(Enum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    EXEMPT = "exempt"
    """It failed, and `exemptions.json` says why this kind of target may fail it."""
    SKIPPED = "skipped"
    """The server does not claim the feature that the case needs."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the expectation of a case comes from."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What the report says about a case, whatever its outcome."""

    id: str
    client: str
    """Who sends such requests (``Okta``, ``RFC 7644``), or the suite that ran the check."""
    title: str
    level: Level
    why: str
    """What goes wrong for the client when the server fails the case."""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A case that can be played; ``play`` records its requests and problems in the conversation."""

    info: CaseInfo
    play: Callable[[Conversation], None]
    requires: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One request and its response as text, secrets already masked."""

    label: str
    request: str
    response: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one case."""

    info: CaseInfo
    outcome: Outcome
    problems: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    """Why the case was skipped or is exempt; empty otherwise."""
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a report needs to know about one run."""

    url: str
    target_type: str
    started: str
    """In UTC, as a person reads it."""
    duration_s: float
    results: tuple[Result, ...]
    left_behind: tuple[str, ...] = ()
    """Resources that were created and that the server would not delete."""
    stale_exemptions: tuple[str, ...] = ()
    """Exemptions that excused nothing: the case passed or did not run."""
    features: tuple[str, ...] = ()

    @property
    def conforms(self) -> bool:
        """Whether no MUST failed, exemptions apart."""
        return not any(
            r.outcome is Outcome.FAILED and r.info.level is Level.MUST for r in self.results
        )
