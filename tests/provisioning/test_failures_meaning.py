"""What each failure means for the IdP and for the intent."""

from __future__ import annotations

import orjson
import pytest

from scimbridge import errors
from scimbridge.directory.journal import OperationRow
from scimbridge.errors import ScimError
from scimbridge.provisioning.failures import from_record, is_permanent, to_record, to_scim

TABLE = [
    # failure, answer, status, permanent
    (errors.VendorConflict("taken"), errors.Uniqueness, 409, True),
    (errors.VendorRejected("bad"), errors.InvalidValue, 400, True),
    (errors.VendorNotFound("gone"), errors.InvalidValue, 400, True),
    (errors.AccessRemains("a role"), errors.Unsupported, 501, False),
    (errors.VendorDenied("scope"), errors.ServerFault, 500, False),
    (errors.VendorUnavailable("down"), errors.TemporarilyUnavailable, 429, False),
    (errors.VendorRateLimited("slow"), errors.TemporarilyUnavailable, 429, False),
    (errors.OutcomeUnknown("lost"), errors.TemporarilyUnavailable, 429, False),
    (errors.PartialFailure("some", {}), errors.ServerFault, 500, False),
    (errors.DirectoryError("locked"), errors.TemporarilyUnavailable, 429, False),
    (errors.Forbidden("protected"), errors.Forbidden, 403, True),
    (errors.Uniqueness("taken"), errors.Uniqueness, 409, True),
    (errors.TemporarilyUnavailable("later"), errors.TemporarilyUnavailable, 429, False),
]


@pytest.mark.parametrize(
    ("failure", "answer", "status", "permanent"),
    TABLE,
    ids=[type(row[0]).__name__ for row in TABLE],
)
def test_a_failure_has_one_answer_and_one_consequence(
    failure: Exception, answer: type[ScimError], status: int, permanent: bool
) -> None:
    told = to_scim(failure, retry_after=30)

    assert type(told) is answer
    assert told.status == status
    assert str(failure) in told.detail
    assert is_permanent(failure) is permanent


@pytest.mark.parametrize(("asked", "told"), [(None, 30), (0.0, 30), (0.2, 1), (12.1, 13), (90, 90)])
def test_the_time_to_wait_is_the_vendors_in_whole_seconds_else_the_default(
    asked: float | None, told: int
) -> None:
    answer = to_scim(errors.VendorUnavailable("down", retry_after=asked), retry_after=30)

    assert isinstance(answer, errors.TemporarilyUnavailable)
    assert answer.retry_after == told


@pytest.mark.parametrize(
    "failure", [errors.VendorRejected, errors.VendorDenied, errors.VendorUnavailable]
)
def test_the_vendors_trace_is_told_where_there_is_one(failure: type[errors.VendorError]) -> None:
    assert "(vendor trace t-1)" in to_scim(failure("x", trace_id="t-1"), retry_after=1).detail
    assert "trace" not in to_scim(failure("x"), retry_after=1).detail


def ended(error: str | None) -> OperationRow:
    return OperationRow(
        1,
        "t",
        1,
        "User",
        "patch",
        0,
        1,
        "failed",
        "r",
        "okta",
        0,
        0,
        0,
        0,
        error,
        None,
        "ines@example.com",
    )


@pytest.mark.parametrize(
    "failure",
    [
        errors.Uniqueness,
        errors.Conflict,
        errors.Mutability,
        errors.InvalidValue,
        errors.Forbidden,
        errors.Unsupported,
        errors.ServerFault,
    ],
)
def test_a_recorded_failure_is_told_again_as_it_was(failure: type[ScimError]) -> None:
    again = from_record(ended(orjson.dumps(to_record(failure("so it is"))).decode()))

    assert type(again) is failure
    assert again.detail == "so it is"


@pytest.mark.parametrize("record", [None, '{"type": "Teapot", "detail": "the operation failed"}'])
def test_a_failure_that_nobody_knows_is_the_bridges(record: str | None) -> None:
    again = from_record(ended(record))

    assert type(again) is errors.ServerFault
    assert again.detail == "the operation failed"
