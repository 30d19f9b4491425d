"""The public suites scim2-tester and scim-sanity, run against the same server.

Both are optional: one that is not installed yields a single skipped result. Their modules are
imported by name because the transcripts need neither.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from conformance.ledger import Ledger
from conformance.masking import Masker
from conformance.model import CaseInfo, Evidence, Level, Outcome, Result, Source
from conformance.relay import Relay
from conformance.wire import Exchange, Wire

TESTER: Final = CaseInfo(
    id="scim2-tester",
    client="scim2-tester",
    title="scim2-tester",
    level=Level.MUST,
    why="It takes the verbs of RFC 7643 and 7644 literally, attribute by attribute.",
    sources=(Source("scim2-tester", "https://pypi.org/project/scim2-tester/"),),
)
SANITY: Final = CaseInfo(
    id="scim-sanity",
    client="scim-sanity",
    title="scim-sanity",
    level=Level.MUST,
    why="It walks through the life of a user and of a group as a provisioning engine does.",
    sources=(Source("scim-sanity", "https://pypi.org/project/scim-sanity/"),),
)
_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    TESTER.id: ("scim2_tester", "scim2_client"),
    SANITY.id: ("scim_sanity",),
}
MAX_REPORTED = 4_000
_TESTER_GRADES: Final[Mapping[str, tuple[Level, Outcome]]] = {
    "SUCCESS": (Level.MUST, Outcome.PASSED),
    "COMPLIANT": (Level.SHOULD, Outcome.PASSED),
    "ACCEPTABLE": (Level.MAY, Outcome.PASSED),
    "DEVIATION": (Level.SHOULD, Outcome.FAILED),
    "ERROR": (Level.MUST, Outcome.FAILED),
    "CRITICAL": (Level.MUST, Outcome.FAILED),
    "SKIPPED": (Level.MAY, Outcome.SKIPPED),
}
_SANITY_GRADES: Final[Mapping[str, tuple[Level, Outcome]]] = {
    "pass": (Level.MUST, Outcome.PASSED),
    "warn": (Level.SHOULD, Outcome.FAILED),
    "fail": (Level.MUST, Outcome.FAILED),
    "error": (Level.MUST, Outcome.FAILED),
    "skip": (Level.MAY, Outcome.SKIPPED),
}


def run_scim2_tester(wire: Wire, ledger: Ledger, masker: Masker) -> list[Result]:
    """Return one result for each check of scim2-tester; what it leaves behind is deleted."""
    if reason := reason_to_skip(TESTER.id):
        return [Result(TESTER, Outcome.SKIPPED, reason=reason)]
    tester = importlib.import_module("scim2_tester")
    engine = importlib.import_module("scim2_client.engines.wsgi")
    relay = Relay(wire, ledger)
    try:
        checks = tester.check_server(engine.WSGISCIMClient(relay, base_url=wire.base_url))
    except Exception as error:
        # Code of others against a server of others: what it trips over is a finding.
        return [_stopped(TESTER, error, masker)]
    finally:
        ledger.clear()
    return list(_told_apart(_tester_result(check, relay.exchanges, masker) for check in checks))


def run_scim_sanity(wire: Wire, masker: Masker, *, verify_tls: bool = True) -> list[Result]:
    """Return one result for each check of scim-sanity, which cleans up after itself."""
    if reason := reason_to_skip(SANITY.id):
        return [Result(SANITY, Outcome.SKIPPED, reason=reason)]
    probe = importlib.import_module("scim_sanity.probe.runner")
    try:
        found = probe.run_probe_api(
            wire.base_url,
            token=wire.token,
            timeout=round(wire.timeout_s),
            tls_no_verify=not verify_tls,
        )
    except Exception as error:
        return [_stopped(SANITY, error, masker)]
    return list(_told_apart(_sanity_result(check, masker) for check in found["results"]))


def reason_to_skip(suite: str) -> str:
    """Why the suite of this name cannot be run, with the remedy; empty if it can."""
    modules = _MODULES.get(suite, ())
    if all(importlib.util.find_spec(module) is not None for module in modules):
        return ""
    packages = " ".join(module.replace("_", "-") for module in modules)
    return f"{suite} is not installed; `pip install {packages}` brings it"


def _stopped(suite: CaseInfo, error: Exception, masker: Masker) -> Result:
    problem = masker.text(f"the suite stopped with {error!r}")
    return Result(suite, Outcome.FAILED, (problem,))


def _tester_result(check: Any, exchanges: list[Exchange], masker: Masker) -> Result:
    level, outcome = _TESTER_GRADES[check.status.name]
    name = check.title or "unnamed check"
    parts = list(filter(None, (name, check.resource_type, _attribute(check.data))))
    info = _check_of(TESTER, ".".join(parts), " ".join(parts).replace("_", " "), level)
    reason = masker.text(check.reason or check.status.name)
    if outcome is not Outcome.FAILED:
        return Result(info, outcome, reason=reason if outcome is Outcome.SKIPPED else "")
    return Result(info, outcome, (reason,), _tester_evidence(check, exchanges, masker))


def _attribute(data: Any) -> str:
    """The attribute that a check of PATCH is about; empty for all other checks."""
    return str(data.get("urn", "")) if isinstance(data, dict) else ""


def _tester_evidence(check: Any, exchanges: list[Exchange], masker: Masker) -> tuple[Evidence, ...]:
    """The one exchange that the check must be about, or else what the suite itself says of it.

    scim2-tester gives either the body of the response or the attribute that it patched, never the
    request.
    """
    if check.data is None:
        return ()
    about = [e for e in exchanges if _patches(e, check) or _ended_so(e, check.data)]
    if len({(e.request.method, e.request.target, e.request.body) for e in about}) == 1:
        return (masker.evidence(about[-1], failed=True),)
    text = json.dumps(check.data, default=str, ensure_ascii=False, indent=2)[:MAX_REPORTED]
    return (Evidence("what the suite reports", "", masker.text(text), failed=True),)


def _patches(exchange: Exchange, check: Any) -> bool:
    if exchange.request.method != "PATCH" or not _attribute(check.data):
        return False
    operation = json.loads(exchange.request.body or b"{}").get("Operations", [{}])[0]
    return operation.get("path") == _attribute(check.data) and operation["op"] in check.title


def _ended_so(exchange: Exchange, data: Any) -> bool:
    return exchange.response is not None and exchange.response.json == data


def _sanity_result(check: Mapping[str, str], masker: Masker) -> Result:
    level, outcome = _SANITY_GRADES[check["status"]]
    name = f"{check.get('phase', '')}: {check['name']}".removeprefix(": ")
    message = masker.text(check.get("message", ""))
    info = _check_of(SANITY, check["name"].replace(" ", "-"), name, level)
    if outcome is not Outcome.FAILED:
        return Result(info, outcome, reason=message if outcome is Outcome.SKIPPED else "")
    details = check.get("details", "")
    evidence = (Evidence("details", "", masker.text(details), failed=True),) if details else ()
    return Result(info, outcome, (message or "the check failed without a message",), evidence)


def _check_of(suite: CaseInfo, name: str, title: str, level: Level) -> CaseInfo:
    return CaseInfo(f"{suite.id}.{name}", suite.client, title, level, suite.why, suite.sources)


def _told_apart(results: Iterable[Result]) -> Iterator[Result]:
    """Number the checks that share a name, so that an exemption names exactly one."""
    seen: Counter[str] = Counter()
    for result in results:
        seen[result.info.id] += 1
        if seen[result.info.id] == 1:
            yield result
            continue
        info = replace(result.info, id=f"{result.info.id}.{seen[result.info.id]}")
        yield replace(result, info=info)
