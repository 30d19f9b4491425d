"""Users after they were made: deleted, unlocked, with new passwords and two-factor keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_console import IRENE, LENA, MARA, PAT, SERVICE, TOMAS, Console, message

from scimbridge.connectors.insightvm.simulator.answers import Refusal
from scimbridge.connectors.insightvm.simulator.passwords import check_password
from scimbridge.connectors.insightvm.simulator.seed import PERSON_PASSWORD
from scimbridge.connectors.insightvm.simulator.switches import SWITCHES
from scimbridge.simulation.switches import Switches

SEED = "JBSWY3DPEHPK3PXP"
MARA_SIGNS_IN = ("mara.lind", PERSON_PASSWORD)


def test_a_deleted_user_is_gone_and_the_login_is_free() -> None:
    console = Console()

    assert console.call("DELETE", f"/users/{TOMAS}").status_code == 200

    assert console.call("DELETE", f"/users/{TOMAS}").status_code == 404
    assert TOMAS not in console.ids("/roles/user/users")
    assert TOMAS not in console.ids("/asset_groups/2/users")
    assert console.create(login="tomas.ruiz").ok


@pytest.mark.parametrize(("rule", "status"), [("reject", 400), ("accept", 200)])
@pytest.mark.parametrize("user_id", [SERVICE, 1], ids=["self", "built-in"])
def test_some_users_are_protected_from_deletion(user_id: int, rule: str, status: int) -> None:
    console = Console(protected_delete=rule)

    assert console.call("DELETE", f"/users/{user_id}").status_code == status


def test_one_administrator_may_delete_another() -> None:
    console = Console()
    console.simulator.state.add_account({"user_name": "second", "role": "global-admin"})

    assert console.call("DELETE", "/users/8").ok


@pytest.mark.parametrize(("rule", "status"), [("accept", 200), ("reject", 400)])
def test_whether_an_owner_of_reports_can_be_deleted_is_a_switch(rule: str, status: int) -> None:
    console = Console(delete_content_owner=rule)

    assert console.call("DELETE", f"/users/{MARA}").status_code == status
    assert console.call("DELETE", f"/users/{TOMAS}").ok


def test_an_unlocked_user_may_sign_in_again_with_all_attempts() -> None:
    console = Console()
    for _ in range(4):
        console.call("GET", "", auth=("mara.lind", "wrong"))

    assert console.call("DELETE", f"/users/{MARA}/lock").ok

    for _ in range(3):
        console.call("GET", "", auth=("mara.lind", "wrong"))
    assert console.call("GET", "", auth=MARA_SIGNS_IN).ok


def test_locked_is_no_member_to_write() -> None:
    console = Console()

    console.replace(LENA, locked=False)

    assert console.get(f"/users/{LENA}")["locked"] is True


@pytest.mark.parametrize(("rule", "status"), [("reject", 400), ("accept", 200)])
def test_a_disabled_user_is_not_unlocked(rule: str, status: int) -> None:
    console = Console(unlock_disabled=rule)
    console.replace(LENA, enabled=False)

    assert console.call("DELETE", f"/users/{LENA}/lock").status_code == status
    assert console.get(f"/users/{LENA}")["locked"] is (status == 400)


@pytest.mark.parametrize("status", [200, 400, 404])
def test_unlocking_the_unlocked_has_the_status_of_the_switch(status: int) -> None:
    console = Console(unlock_unlocked_status=status)

    assert console.call("DELETE", f"/users/{MARA}/lock").status_code == status
    assert console.call("DELETE", f"/users/{LENA}/lock").ok


def test_a_disabled_user_cannot_sign_in_until_enabled() -> None:
    console = Console()
    console.replace(MARA, enabled=False)
    assert console.call("GET", "", auth=MARA_SIGNS_IN).status_code == 401

    console.replace(MARA, enabled=True)

    assert console.call("GET", "", auth=MARA_SIGNS_IN).ok


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("", "is not a string"),
        ("Sh0rt-x", "at least 8 characters"),
        ("Far-Too-Long-0123456789ABC", "at most 24 characters"),
        ("no-capitals-1", "at least 1 capital letters"),
        ("No-Digits-", "at least 1 digits"),
        ("NoSpecials1", "at least 1 special characters"),
    ],
)
def test_a_password_must_satisfy_the_policy(password: str, complaint: str) -> None:
    console = Console(bare_string_bodies="quoted")

    own = console.call("PUT", f"/users/{MARA}/password", password, auth=MARA_SIGNS_IN)

    assert own.status_code == 400
    assert complaint in message(own)
    assert console.create(password=password).status_code == 400
    assert console.replace(MARA, password=password).status_code == 400
    assert console.call("GET", "", auth=MARA_SIGNS_IN).ok


@pytest.mark.parametrize("password", ["Sh0rt-xx", "Long-Enough-0123456789AB"])
def test_the_shortest_and_the_longest_password_will_do(password: str) -> None:
    assert len(password) in (8, 24)
    assert Console().create(password=password).ok


@given(st.text(max_size=12), *[st.integers(0, 6)] * 5)
def test_the_policy_is_what_the_switches_say(
    password: str, shortest: int, longest: int, capitals: int, digits: int, specials: int
) -> None:
    values = {
        "password_min_length": shortest,
        "password_max_length": longest,
        "password_capitals": capitals,
        "password_digits": digits,
        "password_specials": specials,
    }
    good = (
        len(password) >= shortest
        and (longest == 0 or len(password) <= longest)
        and len([each for each in password if each.isupper()]) >= capitals
        and len([each for each in password if each.isdecimal()]) >= digits
        and len([each for each in password if not each.isalnum()]) >= specials
    )

    if good:
        check_password(password, Switches(SWITCHES, values))
    else:
        with pytest.raises(Refusal):
            check_password(password, Switches(SWITCHES, values))


def test_the_policy_is_not_applied_to_the_passwords_there_are() -> None:
    console = Console(password_min_length=20)

    assert console.replace(MARA).ok
    assert console.call("GET", "", auth=MARA_SIGNS_IN).ok


def test_an_administrator_sets_somebodys_password_by_replacing_the_user() -> None:
    console = Console()

    console.replace(MARA, password="Fresh-Start-1", passwordResetOnLogin=True)

    assert console.call("GET", "", auth=MARA_SIGNS_IN).status_code == 401
    assert console.call("GET", "", auth=("mara.lind", "Fresh-Start-1")).ok
    assert console.simulator.state.users[MARA].reset_on_login


def test_an_administrator_cannot_change_somebodys_password_otherwise() -> None:
    assert Console().call("PUT", f"/users/{MARA}/password", "Fresh-Start-1").status_code == 404


@pytest.mark.parametrize("body", ['"Fresh-Start-1"', "Fresh-Start-1", ' "Fresh-Start-1"\n'])
def test_a_password_is_taken_with_quotes_and_without(body: str) -> None:
    console = Console()
    console.replace(MARA, password="Before-It-All-1", passwordResetOnLogin=True)

    path, before = f"/users/{MARA}/password", ("mara.lind", "Before-It-All-1")
    assert console.call("PUT", path, data=body, auth=before).ok

    assert console.call("GET", "", auth=before).status_code == 401
    assert console.call("GET", "", auth=("mara.lind", "Fresh-Start-1")).ok
    assert not console.simulator.state.users[MARA].reset_on_login


def test_quotes_may_be_required() -> None:
    console = Console(bare_string_bodies="quoted")
    path = f"/users/{MARA}/password"

    assert not console.call("PUT", path, data="Fresh-Start-1", auth=MARA_SIGNS_IN).ok
    assert console.call("PUT", path, data='"Fresh-Start-1"', auth=MARA_SIGNS_IN).ok


def test_an_external_user_has_no_password_to_change() -> None:
    tomas = ("tomas.ruiz", PERSON_PASSWORD)

    answer = Console().call("PUT", f"/users/{TOMAS}/password", "Fresh-Start-1", auth=tomas)

    assert answer.status_code == 400


def test_a_key_that_is_set_is_read_back() -> None:
    console = Console(two_factor=True)

    assert console.call("PUT", f"/users/{MARA}/2FA", SEED).ok

    assert console.get(f"/users/{MARA}/2FA")["key"] == SEED


def test_a_key_that_is_made_is_shown_and_another_each_time() -> None:
    console = Console(two_factor=True)

    keys = [console.call("POST", f"/users/{MARA}/2FA").json()["key"] for _ in range(2)]

    assert keys[0] != keys[1] == console.get(f"/users/{MARA}/2FA")["key"]


@pytest.mark.parametrize("body", ["too-short", "GEZDGNBVGY3TQOJ1", 7])
def test_a_key_that_is_not_base_32_is_refused(body: Any) -> None:
    assert Console(two_factor=True).call("PUT", f"/users/{MARA}/2FA", body).status_code == 400


@pytest.mark.parametrize(("rule", "status"), [("404", 404), ("omitted", 200)])
def test_how_an_absent_key_is_told_is_a_switch(rule: str, status: int) -> None:
    answer = Console(absent_two_factor_key=rule).call("GET", f"/users/{MARA}/2FA")

    assert answer.status_code == status
    assert "key" not in answer.json()


def test_keys_are_set_only_where_the_console_has_two_factor_authentication() -> None:
    console = Console()

    assert console.get("/administration/settings")["authentication"]["2fa"] is False
    assert console.call("POST", f"/users/{MARA}/2FA").status_code == 400
    assert console.call("PUT", f"/users/{MARA}/2FA", SEED).status_code == 400
    console.simulator.switches.set({"two_factor": True})
    assert console.get("/administration/settings")["authentication"]["2fa"] is True
    assert console.call("POST", f"/users/{MARA}/2FA").ok


@pytest.mark.parametrize(("user_id", "status"), [(TOMAS, 400), (IRENE, 200), (PAT, 200)])
def test_ldap_accounts_have_no_key(user_id: int, status: int) -> None:
    assert Console(two_factor=True).call("POST", f"/users/{user_id}/2FA").status_code == status
