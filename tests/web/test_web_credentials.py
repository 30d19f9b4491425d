"""A token by HTTP Basic, a token as an OAuth client, and what each of them may not open."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import pytest
import requests

from scimbridge.clock import now_ms
from scimbridge.directory import tokens
from scimbridge.keys import derive_key
from tests.conftest import CORE_GROUP, CORE_USER, PATCH_OP, SECRET_KEY, World, open_world
from tests.web.callers import (
    Issuer,
    Presenting,
    ask_for_access,
    basic,
    new_token,
    open_issuer,
    root_of,
)
from tests.web.conftest import dump

KEY = derive_key(SECRET_KEY.encode(), "tokens")
SEARCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}


def revoke(world: World, token: str) -> None:
    with world.bridge.directory.write() as connection:
        tokens.revoke(connection, tokens.client_of(token)[0], now=now_ms())


def status(world: World, authorization: str, path: str = "/Users?count=0") -> int:
    return Presenting(world.scim.base_url, authorization)("GET", path).status_code


@pytest.fixture
def token(shared: World) -> str:
    return new_token(shared)


def test_a_token_is_taken_as_user_and_password(shared: World, token: str) -> None:
    user, password = tokens.client_of(token)

    assert status(shared, basic(user, password)) == 200
    assert status(shared, basic(user, password).replace("Basic ", "BASIC  ")) == 200


@pytest.mark.parametrize(
    "made",
    [
        lambda user, password: basic(user, password[:-1]),
        lambda user, password: basic(user, password + "x"),
        lambda user, password: basic("", password),
        lambda user, password: basic(user, ""),
        lambda user, password: basic(f"scb_{user}", password),
        lambda user, password: basic(f"x_{user}", password),
        lambda user, password: "Basic " + base64.b64encode(user.encode()).decode(),
        lambda user, password: "Basic !!!",
        lambda user, password: "Basic",
        lambda user, password: "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        lambda user, password: f"Digest {user}:{password}",
        lambda user, password: basic(user, password).replace("Basic", "Bearer"),
    ],
)
def test_any_other_user_and_password_is_refused(
    shared: World, token: str, made: Callable[[str, str], str]
) -> None:
    assert status(shared, made(*tokens.client_of(token))) == 401


def test_a_client_gets_an_access_token_that_opens_the_target(shared: World, token: str) -> None:
    answer = ask_for_access(shared, token)

    body = answer.json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, "read write")
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert status(shared, f"Bearer {body['access_token']}") == 200
    assert tokens.client_of(token)[1] not in body["access_token"]


def test_a_client_may_identify_itself_in_the_header(shared: World, token: str) -> None:
    answer = requests.post(
        f"{root_of(shared)}/falcon/oauth/token",
        data={"grant_type": "client_credentials", "scope": "anything"},
        headers={"Authorization": basic(*tokens.client_of(token))},
        timeout=5,
    )

    assert answer.status_code == 200


def test_an_access_token_may_do_what_its_client_may(shared: World) -> None:
    token = new_token(shared, read_only=True)
    answer = ask_for_access(shared, token).json()
    client = Presenting(shared.scim.base_url, f"Bearer {answer['access_token']}")

    assert answer["scope"] == "read"
    assert client("GET", "/Users?count=0").status_code == 200
    assert client("POST", "/Users", {"schemas": [], "userName": "x"}).status_code == 403


def test_revoking_a_client_ends_its_access_tokens_at_once(shared: World, token: str) -> None:
    access = ask_for_access(shared, token).json()["access_token"]
    assert status(shared, f"Bearer {access}") == 200

    revoke(shared, token)

    assert status(shared, f"Bearer {access}") == 401
    assert ask_for_access(shared, token).json()["error"] == "invalid_client"


def test_an_access_token_is_good_for_an_hour(shared: World, token: str) -> None:
    access = ask_for_access(shared, token).json()["access_token"]

    shared.clock.advance(3590)
    assert status(shared, f"Bearer {access}") == 200
    shared.clock.advance(11)

    assert status(shared, f"Bearer {access}") == 401


def test_an_access_token_ends_with_its_client(shared: World) -> None:
    token = new_token(shared, expires=now_ms() + shared.clock.ahead_ms + 60_000)
    access = ask_for_access(shared, token).json()["access_token"]

    shared.clock.advance(61)

    assert status(shared, f"Bearer {access}") == 401


def test_an_access_token_that_was_changed_in_any_place_is_refused(
    shared: World, token: str
) -> None:
    access = ask_for_access(shared, token).json()["access_token"]
    _, client, expiry, signature = access.split("_", 3)
    other = tokens.client_of(new_token(shared))[0]
    changed = [
        f"sca_{other}_{expiry}_{signature}",
        f"sca_{client}_{int(expiry) + 1}_{signature}",
        f"sca_{client}_{expiry}_{signature[:-2]}AA",
        f"sca_{client}_{expiry}_" + "A" * 43,
        f"scb_{client}_{signature}",
        f"{access}x",
        f"{access}\u0660",
    ]

    assert {status(shared, f"Bearer {each}".encode().decode("latin-1")) for each in changed} == {
        401
    }


@pytest.mark.parametrize(
    ("form", "error", "expected"),
    [
        ({"client_secret": "wrong"}, "invalid_client", 401),
        ({"client_secret": ""}, "invalid_client", 401),
        ({"client_id": "x"}, "invalid_client", 401),
        ({"client_id": "sca_x\x00"}, "invalid_client", 401),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"grant_type": ""}, "unsupported_grant_type", 400),
    ],
)
def test_the_token_endpoint_refuses_in_the_words_of_oauth(
    untouched: World, form: dict[str, str], error: str, expected: int
) -> None:
    answer = ask_for_access(untouched, untouched.scim.token, **form)

    assert (answer.status_code, answer.json()["error"]) == (expected, error)
    assert answer.headers["Content-Type"] == "application/json"
    assert ("WWW-Authenticate" in answer.headers) == (expected == 401)


@pytest.mark.parametrize(
    ("body", "media", "header"),
    [
        ("", "application/x-www-form-urlencoded", None),
        ('{"grant_type": "client_credentials"}', "application/json", None),
        ("grant_type=client_credentials&grant_type=password", None, None),
        ("grant_type=client_credentials&client_secret={secret}", None, "basic"),
        ("grant_type=client_credentials", None, "Bearer x"),
    ],
)
def test_a_malformed_request_for_a_token_is_invalid(
    untouched: World, body: str, media: str | None, header: str | None
) -> None:
    client_id, secret = tokens.client_of(untouched.scim.token)
    headers = {"Content-Type": media or "application/x-www-form-urlencoded"}
    if header is not None:
        headers["Authorization"] = basic(client_id, secret) if header == "basic" else header

    answer = requests.post(
        f"{root_of(untouched)}/falcon/oauth/token",
        data=body.format(secret=secret) if "{secret}" in body else body,
        headers=headers,
        timeout=5,
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_target_that_does_not_exist_issues_nothing(untouched: World) -> None:
    assert ask_for_access(untouched, untouched.scim.token, "falkon").status_code == 404


def test_tokens_overlap_while_one_is_rotated(shared: World) -> None:
    old, new = new_token(shared), new_token(shared)
    assert [status(shared, f"Bearer {each}") for each in (old, new)] == [200, 200]

    revoke(shared, old)

    assert [status(shared, f"Bearer {each}") for each in (old, new)] == [401, 200]


def test_when_a_token_was_last_used_is_known_to_the_hour(shared: World) -> None:
    token = new_token(shared)

    def last_used() -> int | None:
        with shared.bridge.directory.read() as connection:
            [found] = [t for t in tokens.listing(connection) if t.id == tokens.client_of(token)[0]]
        return found.last_used

    assert last_used() is None
    status(shared, f"Bearer {token}")
    first = last_used()
    assert first is not None
    status(shared, f"Bearer {token}")
    assert last_used() == first
    shared.clock.advance(3600)
    status(shared, f"Bearer {token}")
    assert (last_used() or 0) >= first + 3_600_000


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Issuer]]:
    """A bridge with a second target, which accepts the JWTs of an issuer; the first does not."""
    with open_issuer() as issuer:
        second = f"""
[targets.second]
type = "falcon"
base_url = "http://127.0.0.1:9"
client_id = "0123456789abcdef0123456789abcdef"
client_secret = "env:CLIENT_SECRET"
cid = "0123456789ABCDEF0123456789ABCDEF"
{issuer.policy()}
"""
        with open_world(tmp_path_factory.mktemp("two"), other_targets=second) as world:
            world.provider.observer.refresh_catalogue()
            yield world, issuer


FORMS = ["bearer", "raw", "basic", "oauth", "jwt"]
REQUESTS = [
    ("GET", "/Users", None),
    ("GET", "/Users/{id}", None),
    ("HEAD", "/Users/{id}", None),
    ("GET", "/Groups", None),
    ("GET", "/Roles", None),
    ("GET", "/Schemas", None),
    ("GET", "/ServiceProviderConfig", None),
    ("GET", "/openapi.json", None),
    ("POST", "/Users/.search", SEARCH),
    ("POST", "/.search", SEARCH),
    ("POST", "/Users", {"schemas": [CORE_USER], "userName": "intruder@example.com"}),
    ("POST", "/Groups", {"schemas": [CORE_GROUP], "displayName": "Intruders"}),
    ("PUT", "/Users/{id}", {"schemas": [CORE_USER], "userName": "intruder@example.com"}),
    (
        "PATCH",
        "/Users/{id}",
        {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": {"active": False}}]},
    ),
    ("DELETE", "/Users/{id}", None),
    ("POST", "/Bulk", {"schemas": [], "Operations": [{"method": "DELETE", "path": "/Users/{id}"}]}),
]


def header(form: str, world: World, issuer: Issuer) -> str:
    """What a caller of the second target sends."""
    if form == "jwt":
        return f"Bearer {issuer.sign()}"
    token = new_token(world, "second")
    match form:
        case "bearer":
            return f"Bearer {token}"
        case "raw":
            return token
        case "basic":
            return basic(*tokens.client_of(token))
        case _:
            return f"Bearer {ask_for_access(world, token, 'second').json()['access_token']}"


@pytest.mark.parametrize("form", FORMS)
def test_no_credential_of_one_target_reads_or_changes_another(
    two: tuple[World, Issuer], form: str
) -> None:
    world, issuer = two
    sent = header(form, world, issuer)
    own = Presenting(world.scim.base_url.replace("/falcon/", "/second/"), sent)
    assert own("GET", "/Schemas").status_code == 200
    users = world.scim("GET", "/Users?count=1").json()["Resources"]
    user = users[0]["id"] if users else world.scim.create_user("owned@example.com")["id"]
    before = dump(world)
    other = Presenting(world.scim.base_url, sent)

    answers = [other(method, path.replace("{id}", user), body) for method, path, body in REQUESTS]

    assert {answer.status_code for answer in answers} == {401}
    assert not any("owned@example.com" in answer.text for answer in answers)
    assert dump(world) == before


def test_a_client_of_one_target_gets_no_access_token_of_another(two: tuple[World, Issuer]) -> None:
    world, _ = two

    answer = ask_for_access(world, new_token(world, "second"), "falcon")

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_user_of_one_target_is_not_found_at_another(two: tuple[World, Issuer]) -> None:
    world, _ = two
    user = world.scim.create_user("here@example.com")["id"]
    other = Presenting(
        world.scim.base_url.replace("/falcon/", "/second/"), new_token(world, "second")
    )

    assert other("GET", f"/Users/{user}").status_code == 404
    assert other("DELETE", f"/Users/{user}").status_code == 404
    assert world.scim("GET", f"/Users/{user}").status_code == 200
