from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cortex_tenant import IAM, LENA, V1, CortexTenant, another_connector, open_tenant

from scimbridge.config import Secret
from scimbridge.connectors.deadline import deadline
from scimbridge.errors import VendorDenied, VendorUnavailable

GROUPS = "/platform/iam/v1/user-group"


def is_iam(tenant: CortexTenant) -> bool:
    tenant.connector.find_out()
    return tenant.connector.capabilities.can_disable_accounts


@pytest.mark.parametrize(
    ("of_generation", "switches"),
    [(IAM, {}), (V1, {}), (V1, {"iam_absent": "html"})],
    ids=["iam", "v1", "v1 behind a web page"],
)
def test_the_generation_is_found_out(of_generation: int, switches: dict[str, Any]) -> None:
    with open_tenant(of_generation, switches=switches, generation="auto") as tenant:
        assert is_iam(tenant) is (of_generation == IAM)
        assert tenant.connector.read_account(LENA) is not None


def test_it_is_found_out_once_by_however_many_threads() -> None:
    with open_tenant(IAM, generation="auto") as tenant, ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: is_iam(tenant), range(20)))

        assert answers == {True}
        assert tenant.calls() == ["GET user-group"]


@pytest.mark.parametrize("generation", ["v1", "iam"])
def test_nothing_is_asked_where_the_settings_say_it(generation: str) -> None:
    with open_tenant(IAM, generation=generation) as tenant:
        assert is_iam(tenant) is (generation == "iam")
        assert tenant.calls() == []


def test_nothing_is_asked_before_it_is_needed() -> None:
    with open_tenant(IAM, generation="auto") as tenant:
        assert tenant.calls() == []


def test_a_key_without_rights_has_platform_iam_all_the_same() -> None:
    with open_tenant(IAM, switches={"key_permissions": []}, generation="auto") as tenant:
        assert is_iam(tenant)
        with pytest.raises(VendorDenied):
            tenant.connector.check()


def test_a_tenant_with_neither_generation_is_no_tenant_of_the_first() -> None:
    with open_tenant(V1, generation="auto") as tenant:
        tenant.fails("*", status=404, body="<html>Not found</html>")

        with pytest.raises(VendorUnavailable):
            is_iam(tenant)


@pytest.mark.parametrize("how", [{"status": 503}, {"status": 500}, {"drop": True}, {"status": 302}])
def test_a_tenant_that_cannot_answer_is_not_taken_for_one_of_the_first_generation(
    how: dict[str, Any],
) -> None:
    with open_tenant(IAM, generation="auto") as tenant:
        tenant.fails(f"GET {GROUPS}", **how)
        with pytest.raises(VendorUnavailable):
            is_iam(tenant)

        tenant.simulator.faults.clear()
        assert is_iam(tenant)


def test_a_key_that_is_refused_tells_so() -> None:
    with (
        open_tenant(IAM, generation="auto", api_key=Secret("wrong")) as tenant,
        pytest.raises(VendorDenied, match="key_type"),
    ):
        is_iam(tenant)


def test_a_key_of_the_other_type_is_refused() -> None:
    with open_tenant(IAM) as tenant:
        given = tenant.simulator.credentials
        with (
            another_connector(tenant, key_type="standard") as wrong,
            pytest.raises(VendorDenied),
        ):
            wrong.check()
        with another_connector(
            tenant,
            api_key=Secret(given["standard_api_key"]),
            api_key_id=given["standard_api_key_id"],
            key_type="standard",
        ) as right:
            right.check()


def test_finding_out_ends_at_the_deadline() -> None:
    with open_tenant(IAM, generation="auto") as tenant:
        with deadline(0), pytest.raises(VendorUnavailable):
            is_iam(tenant)

        assert tenant.calls() == []
