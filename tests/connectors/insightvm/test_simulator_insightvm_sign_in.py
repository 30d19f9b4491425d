"""Getting in: Basic authentication, lockout, one-time codes, media types, the console's modes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from simulated_console import BASE, LENA, MARA, SERVICE, Console, message, user_edit

from scimbridge.connectors.insightvm.simulator.seed import PERSON_PASSWORD, SERVICE_LOGIN
from scimbridge.connectors.insightvm.simulator.totp import code_at, is_current, is_seed, new_seed
from scimbridge.simulation.server import serve

SEED = "JBSWY3DPEHPK3PXP"
WRONG = (SERVICE_LOGIN, "wrong")


def test_the_credentials_are_the_service_accounts() -> None:
    console = Console()

    assert set(console.simulator.credentials) == {"user_name", "password"}
    assert console.get(f"/users/{SERVICE}")["login"] == SERVICE_LOGIN


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", "Basic !", "Basic c3Zj", "Basic /////w==", "Bearer abc", "nonsense"],
)
def test_without_usable_credentials_the_answer_is_401(header: str | None) -> None:
    console = Console()
    headers = {} if header is None else {"Authorization": header}

    answer = console.session.get(f"{BASE}/api/3/users", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["status"] == "401"


@pytest.mark.parametrize("path", ["/users/999", "/nonsense", "/roles/none"])
def test_a_stranger_does_not_learn_what_exists(path: str) -> None:
    assert Console().call("GET", path, auth=WRONG).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nonsense", 404),
        ("GET", "/users/x", 404),
        ("GET", "/roles/a%2Fb", 404),
        ("PATCH", "/users/3", 405),
        ("POST", "/roles", 405),
        ("OPTIONS", "/users", 405),
    ],
)
def test_what_the_console_does_not_have_is_refused(method: str, path: str, status: int) -> None:
    assert Console().call(method, path).status_code == status


@pytest.mark.parametrize("path", ["", "/", "/users/", "/users/3/sites/"])
def test_a_slash_at_the_end_makes_no_difference(path: str) -> None:
    assert Console().call("GET", path).status_code == 200


def test_a_login_is_matched_without_regard_to_case() -> None:
    console = Console()
    login, password = console.auth

    assert console.call("GET", "", auth=(login.upper(), password)).ok
    console.simulator.switches.set({"login_case_sensitive": True})
    assert console.call("GET", "", auth=(login.upper(), password)).status_code == 401


@pytest.mark.parametrize(
    "login",
    ["lena.berg", "pat.novak", "irene.okafor@example.com"],
    ids=["locked", "disabled", "saml"],
)
def test_some_accounts_cannot_sign_in(login: str) -> None:
    assert Console().call("GET", "", auth=(login, PERSON_PASSWORD)).status_code == 401


def test_wrong_passwords_in_a_row_lock_the_account() -> None:
    console = Console()
    for _ in range(4):
        assert console.call("GET", "", auth=WRONG).status_code == 401

    assert console.call("GET", "").status_code == 401
    assert console.simulator.state.users[SERVICE].locked


def test_a_right_password_starts_the_count_again() -> None:
    console = Console()
    for _ in range(2):
        for _ in range(3):
            console.call("GET", "", auth=WRONG)

        assert console.call("GET", "").ok


@pytest.mark.parametrize(("limit", "locked"), [(0, False), (1, True), (7, False)])
def test_how_many_wrong_passwords_lock_is_a_switch(limit: int, locked: bool) -> None:
    console = Console(lockout_after=limit)
    for _ in range(6 if limit != 1 else 1):
        console.call("GET", "", auth=WRONG)

    assert console.simulator.state.users[SERVICE].locked is locked


def test_wrong_passwords_lock_nobody_else() -> None:
    console = Console()
    for _ in range(9):
        console.call("GET", "", auth=("nobody", "x"))
        console.call("GET", "", auth=("mara.lind", "x"))

    assert console.get(f"/users/{MARA}")["locked"] is True
    assert console.get("/users/1")["locked"] is False


def test_a_one_time_code_is_needed_where_the_console_and_the_account_have_them() -> None:
    console = Console(two_factor=True)
    assert console.call("PUT", f"/users/{SERVICE}/2FA", SEED).ok
    code = code_at(SEED, console.clock())

    assert console.call("GET", "").status_code == 401
    assert console.call("GET", "", headers={"Token": "000000"}).status_code == 401
    assert console.call("GET", "", headers={"Token": code}).ok
    console.clock.advance(90)
    assert console.call("GET", "", headers={"Token": code}).status_code == 401
    console.simulator.switches.set({"two_factor": False})
    assert console.call("GET", "").ok


def test_wrong_codes_count_as_wrong_passwords() -> None:
    console = Console(two_factor=True)
    console.call("PUT", f"/users/{SERVICE}/2FA", SEED)
    for _ in range(4):
        console.call("GET", "", headers={"Token": "000000"})

    token = {"Token": code_at(SEED, console.clock())}
    assert console.call("GET", "", headers=token).status_code == 401


# RFC 6238 appendix B, SHA-1, the last six of its eight digits.
@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(now: int, code: str) -> None:
    assert code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", now) == code


@given(st.integers(1000, 2**33), st.integers(-300, 300))
def test_a_code_is_good_for_its_step_and_the_ones_beside_it(now: int, later: int) -> None:
    seed = new_seed()
    steps = (now + later) // 30 - now // 30

    assert is_seed(seed)
    assert is_current(code_at(seed, now), seed, now + later) or abs(steps) > 1


@pytest.mark.parametrize("text", ["", "x", "JBSWY3DP", "JBSWY3DPEHPK3PX1", "jbswy3dpehpk3pxp", "é"])
def test_a_text_that_is_no_seed_is_told(text: str) -> None:
    assert not is_seed(text)


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("*/*", 200), ("application/*", 200), ("text/html", 406)],
)
def test_answers_are_json_or_406(accept: str, status: int) -> None:
    assert Console().call("GET", "/users", headers={"Accept": accept}).status_code == status


def test_an_empty_object_with_get_and_delete_is_tolerated() -> None:
    console = Console()

    assert console.call("GET", "/users", {}).ok
    assert console.call("DELETE", f"/users/{MARA}/sites", {}).ok


def test_a_faults_status_and_headers_are_kept() -> None:
    console = Console()
    caller = console.simulator.app.test_client()
    fault = {"match": "GET /api/3/users", "status": 503, "headers": {"Retry-After": "7"}}
    caller.post("/_sim/faults", json=fault)

    answer = console.call("GET", "/users")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


def test_the_time_to_wait_may_be_left_out() -> None:
    answer = Console(console="starting", retry_after_s=0).call("GET", "")

    assert answer.status_code == 503
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(("mode", "said"), [("running", False), ("maintenance", True)])
def test_maintenance_is_told_on_the_log_on_page(mode: str, said: bool) -> None:
    page = Console(console=mode).session.get(BASE)

    assert page.status_code == 200
    assert ("maintenance" in page.text) is said


@pytest.mark.parametrize(("garbage", "text"), [("html", "<html>proxy</html>"), ("empty", "")])
def test_something_in_between_may_spoil_successes(garbage: str, text: str) -> None:
    console = Console(garbage=garbage)

    assert console.call("GET", "/users", checked=False).text == text
    assert message(console.call("GET", "/users/999"))


def test_secrets_do_not_reach_the_request_log() -> None:
    console = Console(two_factor=True)
    console.create(password="Top-Secret-1")
    console.call("PUT", f"/users/{SERVICE}/2FA", SEED)
    token = {"Token": code_at(SEED, console.clock())}
    console.call("PUT", f"/users/{SERVICE}/password", "Top-Secret-1", headers=token)

    logged = str(console.simulator.log.requests())

    assert "Top-Secret-1" not in logged
    assert SEED not in logged


@pytest.mark.parametrize("tls", [True, False])
def test_it_is_served_with_a_certificate_of_its_own(tls: bool) -> None:
    console = Console()
    with serve(console.simulator.app, tls=tls) as served, requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            f"{served.url}/api/3/roles/Patch%20Coordinator",
            auth=console.auth,
            verify=str(served.certificate) if tls else False,
            timeout=5,
        )

        assert answer.json()["links"][0]["href"] == answer.url
        if tls:
            with pytest.raises(requests.exceptions.SSLError):
                session.get(served.url, timeout=5)


def test_callers_at_the_same_time_do_not_get_in_each_others_way() -> None:
    console = Console()

    def create(number: int) -> int:
        body = user_edit(login=f"user-{number}")
        url = f"{served.url}/api/3/users"
        answer = requests.post(url, json=body, auth=console.auth, timeout=10)
        return int(answer.json()["id"])

    with serve(console.simulator.app) as served, ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(create, range(40)))

    assert sorted(ids) == list(range(8, 48))


def test_a_clock_is_asked_for_codes_only() -> None:
    console = Console()
    before: dict[str, Any] = console.get(f"/users/{LENA}")

    console.clock.advance(10**9)

    assert console.get(f"/users/{LENA}") == before
