"""Which URLs there are, which methods they take, and what all others answer."""

from __future__ import annotations

import re

import pytest
import requests

from scimbridge.app import Bridge
from tests.conftest import CORE_USER, Scim, World

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/Nothing",
        "/users",
        "/Users/no-such-user",
        "/Users/no-such-user/name",
        "/Groups/no-such-group",
        "/Roles/no-such-role",
        "/Schemas/urn:no:such:schema",
        "/ResourceTypes/Nothing",
        "/ServiceProviderConfig/1",
        "//Users",
        "/Users//x",
        "/Users/%00",
        "/Users/%ff%fe",
        "/Users/" + "x" * 3000,
    ],
)
def test_an_unknown_url_is_a_scim_404(untouched: World, path: str) -> None:
    answer = untouched.scim("GET", path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/scim+json"
    body = answer.json()
    assert (body["schemas"], body["status"]) == ([ERROR], "404")
    assert body["detail"]


def test_a_path_with_a_nul_reaches_no_database(untouched: World) -> None:
    # PostgreSQL refuses it in any value; SQLite would just find nothing.
    answer = untouched.scim("GET", "/Users/%00")

    assert answer.json()["detail"] == "nothing is served at a path with a NUL"


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/falcon", "/falcon/scim/v1/Users"])
def test_an_unknown_url_outside_of_a_base_url_is_a_scim_error_too(
    untouched: World, path: str
) -> None:
    root = untouched.scim.base_url.removesuffix("/falcon/scim/v2")

    answer = requests.get(
        f"{root}{path}", headers={"Authorization": f"Bearer {untouched.scim.token}"}, timeout=5
    )

    assert answer.status_code == 404
    assert answer.json()["schemas"] == [ERROR]


def test_a_final_slash_makes_no_difference(untouched: World) -> None:
    answer = untouched.scim("GET", "/Users/")

    assert answer.json() == untouched.scim("GET", "/Users").json()


ALLOWED = {
    "/Users": {"GET", "HEAD", "POST"},
    "/Users/{id}": {"GET", "HEAD", "PUT", "PATCH", "DELETE"},
    "/Users/.search": {"POST"},
    "/.search": {"POST"},
    "/Bulk": {"POST"},
    "/ServiceProviderConfig": {"GET", "HEAD"},
    "/ResourceTypes": {"GET", "HEAD"},
    "/ResourceTypes/User": {"GET", "HEAD"},
    "/Schemas": {"GET", "HEAD"},
    f"/Schemas/{CORE_USER}": {"GET", "HEAD"},
    "/openapi.json": {"GET", "HEAD"},
}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@pytest.mark.parametrize(
    ("path", "method"),
    [(path, method) for path, known in ALLOWED.items() for method in sorted(METHODS - known)],
)
def test_a_method_that_a_url_does_not_take_is_405_with_those_that_it_does(
    untouched: World, resident: str, path: str, method: str
) -> None:
    answer = untouched.scim(method, path.replace("{id}", resident))

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == ALLOWED[path]
    if method != "HEAD":
        assert answer.json()["status"] == "405"


@pytest.mark.parametrize("endpoint", ["/Roles", "/Entitlements"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("PUT", "/x"), ("PATCH", "/x"), ("DELETE", "/x")]
)
def test_what_the_vendor_owns_can_only_be_read_whatever_the_body_is(
    untouched: World, endpoint: str, method: str, path: str
) -> None:
    answer = untouched.scim(method, f"{endpoint}{path}", b"not even JSON")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND"])
def test_a_method_that_nobody_knows_is_405(untouched: World, method: str) -> None:
    client = untouched.bridge.app.test_client()
    token = {"Authorization": f"Bearer {untouched.scim.token}"}

    answer = client.open("/falcon/scim/v2/Users", method=method, headers=token)

    assert answer.status_code == 405
    assert answer.get_json()["schemas"] == [ERROR]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_me_is_not_supported(untouched: World, method: str) -> None:
    answer = untouched.scim(method, "/Me")

    assert answer.status_code == 501
    assert answer.json()["status"] == "501"


def test_head_is_get_without_the_body(untouched: World, resident: str) -> None:
    get, head = (untouched.scim(method, f"/Users/{resident}") for method in ("GET", "HEAD"))

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == get.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(get.content))


def test_no_answer_may_be_cached_or_taken_for_another_type(untouched: World, resident: str) -> None:
    scim = untouched.scim.base_url
    addresses = [f"{scim}{path}" for path in ("/Users", f"/Users/{resident}", "/Nothing")]
    addresses += [f"{root_of(untouched)}{path}" for path in ("/livez", "/metrics", "/", "/x")]
    for address in addresses:
        answer = Scim(address, untouched.scim.token)("GET", "")

        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["", "a b", "evil.example/x?", "[::1", "a@b", "x:y"])
def test_a_host_that_cannot_be_part_of_a_location_is_refused(untouched: World, host: str) -> None:
    answer = untouched.bridge.app.test_client().get(
        "/falcon/scim/v2/Users",
        headers={"Authorization": f"Bearer {untouched.scim.token}"},
        environ_overrides={"HTTP_HOST": host},
    )

    assert answer.status_code == 400


def root_of(world: World) -> str:
    return world.scim.base_url.removesuffix("/falcon/scim/v2")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_need_no_token(untouched: World, path: str) -> None:
    answer = requests.get(f"{root_of(untouched)}{path}", timeout=5)

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_bridge_whose_directory_takes_no_writes_is_alive_and_not_ready(world: World) -> None:
    with world.bridge.directory.write() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")

    ready = requests.get(f"{root_of(world)}/readyz", timeout=5)
    alive = requests.get(f"{root_of(world)}/livez", timeout=5)

    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert "migrate" in ready.json()["directory"]
    assert alive.status_code == 200


def test_a_request_keeps_the_id_that_the_caller_gave_it(untouched: World) -> None:
    answer = untouched.scim("GET", "/Users", X_Request_Id="okta:4711-a.b_c")

    assert answer.headers["X-Request-Id"] == "okta:4711-a.b_c"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "<script>", "ä"])
def test_an_id_that_could_do_harm_is_replaced(untouched: World, given: str) -> None:
    answer = untouched.scim("GET", "/Nothing", X_Request_Id=given)

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_errors_of_the_bridge_itself_are_a_scim_500_without_details(
    shared: World, resident: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(attributes: str | None, *_rest: object) -> None:
        raise RuntimeError(attributes)

    monkeypatch.setattr("scimbridge.web.resources.parse_projection", fail)

    answer = shared.scim("GET", f"/Users/{resident}?attributes=secret")

    assert answer.status_code == 500
    assert answer.json()["status"] == "500"
    assert "secret" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text
    assert "parse_projection" in caplog.text


def test_every_route_is_known_to_these_tests(shared: World) -> None:
    bridge: Bridge = shared.bridge
    rules = {
        rule.rule.removeprefix("/<target>/scim/v2") for rule in bridge.app.url_map.iter_rules()
    }

    named = {"/<endpoint>", "/<endpoint>/<scim_id>", "/<endpoint>/.search"}
    nested = "/<endpoint>/<owner>/<nested>"
    named |= {nested, f"{nested}/<scim_id>", f"{nested}/.search"}
    named |= {"/ResourceTypes/<name>", "/Schemas/<urn>", "/Schemas/<name>"}
    assert rules - named - ALLOWED.keys() == {
        "/Me",
        "/livez",
        "/readyz",
        "/metrics",
        "/<target>/oauth/token",
    }
