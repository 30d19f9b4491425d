"""How answers look: media types, projection on every verb, locations, versions and meta."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from tests.conftest import CORE_USER, ENTERPRISE, PATCH_OP, World, open_world

SCIM, JSON = "application/scim+json", "application/json"
_numbers: Iterator[int] = itertools.count()


def new_user(**attributes: Any) -> dict[str, Any]:
    name = f"representation-{next(_numbers)}@example.com"
    return {"schemas": [CORE_USER], "userName": name, **attributes}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, SCIM),
        ("*/*", SCIM),
        ("application/*", SCIM),
        (SCIM, SCIM),
        (JSON, JSON),
        (f"{JSON}, {SCIM}", SCIM),
        (f"{SCIM};q=0, {JSON}", JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (f"text/html, {JSON};q=0.5", JSON),
        ("text/html, */*;q=0.1", SCIM),
    ],
)
def test_the_media_type_is_what_the_client_accepts(
    untouched: World, accept: str | None, media: str
) -> None:
    with requests.Session() as session:
        session.headers["Accept"] = accept  # type: ignore[assignment]  # None: no header at all
        session.headers["Authorization"] = f"Bearer {untouched.scim.token}"

        found = session.get(f"{untouched.scim.base_url}/Users", timeout=5)
        missing = session.get(f"{untouched.scim.base_url}/Nothing", timeout=5)

    assert (found.status_code, found.headers["Content-Type"]) == (200, media)
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, media)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", f"{SCIM};q=0", "image/*"])
def test_who_accepts_neither_media_type_gets_406_and_nothing_happens(
    untouched: World, accept: str
) -> None:
    for method, path in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/Nothing")):
        answer = untouched.scim(
            method, path, new_user() if method == "POST" else None, Accept=accept
        )

        assert answer.status_code == 406
        assert answer.headers["Content-Type"] == SCIM
        assert answer.json()["status"] == "406"


def test_a_created_user_is_where_it_says(shared: World) -> None:
    answer = shared.scim("POST", "/Users", new_user())

    user = answer.json()
    assert answer.headers["Location"] == user["meta"]["location"]
    assert answer.headers["Content-Location"] == user["meta"]["location"]
    assert user["meta"]["location"] == f"{shared.scim.base_url}/Users/{user['id']}"
    assert shared.scim("GET", f"/Users/{user['id']}").json() == user


def test_meta_is_exact(shared: World) -> None:
    created = shared.scim("POST", "/Users", new_user()).json()
    changed = shared.scim.patch(
        f"/Users/{created['id']}", {"op": "add", "path": "title", "value": "CISO"}
    ).json()

    before, after = created["meta"], changed["meta"]
    assert set(before) == {"resourceType", "created", "lastModified", "location", "version"}
    assert before["resourceType"] == "User"
    assert before["created"] == before["lastModified"] == after["created"]
    moments = [datetime.fromisoformat(meta["lastModified"]) for meta in (before, after)]
    assert before["created"].endswith("Z")
    assert moments[0] < moments[1]
    assert before["version"] != after["version"]


@pytest.mark.parametrize("path", ["/Users/{id}", "/Users"])
def test_locations_are_below_the_public_url(tmp_path: Any, path: str) -> None:
    with open_world(tmp_path, bridge='public_url = "https://scim.example.com/bridge/"') as world:
        user = world.scim.create_user("jane@example.com")

        shown = world.scim("GET", path.replace("{id}", user["id"])).json()

    shown = shown.get("Resources", [shown])[0]
    expected = f"https://scim.example.com/bridge/falcon/scim/v2/Users/{user['id']}"
    assert shown["meta"]["location"] == expected


# --- projection ----------------------------------------------------------------------------


def every_verb(world: World, parameters: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each verb that shows a user shows of one, with the same query parameters."""
    user = new_user(
        title="CISO",
        name={"givenName": "Jane", "familyName": "Doe"},
        emails=[{"value": "jane@example.com", "type": "work", "primary": True}],
        **{ENTERPRISE: {"department": "SOC", "costCenter": "4711"}},
    )
    created = world.scim("POST", f"/Users?{parameters}", user)
    assert created.status_code == 201
    yield "POST", created.json()
    one = f"/Users/{created.json()['id']}?{parameters}"
    yield "PUT", world.scim("PUT", one, user).json()
    operation = {"op": "replace", "path": "title", "value": "CISO"}
    body = {"schemas": [PATCH_OP], "Operations": [operation]}
    yield "PATCH", world.scim("PATCH", one, body).json()
    yield "GET", world.scim("GET", one).json()
    where = f'filter=userName eq "{user["userName"]}"'
    yield "list", world.scim("GET", f"/Users?{where}&{parameters}").json()["Resources"][0]
    query = {name: each.split(",") for name, each in [parameters.split("=")]}
    search = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": f'userName eq "{user["userName"]}"',
        **query,
    }
    yield "search", world.scim("POST", "/Users/.search", search).json()["Resources"][0]


ALWAYS = {"schemas", "id"}


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ("attributes=userName", ALWAYS | {"userName"}),
        ("attributes=USERNAME,title", ALWAYS | {"userName", "title"}),
        ("attributes=shoeSize", ALWAYS),
        ("attributes=password", ALWAYS),
        (f"attributes={ENTERPRISE}", ALWAYS | {ENTERPRISE}),
        (f"attributes={CORE_USER}:title", ALWAYS | {"title"}),
        (
            "excludedAttributes=meta,name,emails,schemas,id",
            ALWAYS | {"userName", "title", "active", ENTERPRISE},
        ),
    ],
)
def test_every_verb_shows_the_attributes_that_are_asked_for(
    shared: World, parameters: str, names: set[str]
) -> None:
    shown = {verb: set(user) for verb, user in every_verb(shared, parameters)}

    assert shown == dict.fromkeys(shown, names)


def test_every_verb_shows_the_sub_attributes_that_are_asked_for(shared: World) -> None:
    parameters = f"attributes=name.givenName,emails.value,{ENTERPRISE}:department"

    for _verb, user in every_verb(shared, parameters):
        assert user["name"] == {"givenName": "Jane"}
        assert user["emails"] == [{"value": "jane@example.com"}]
        assert user[ENTERPRISE] == {"department": "SOC"}


def test_both_kinds_of_projection_at_once_are_refused_before_anything_is_done(
    untouched: World, resident: str
) -> None:
    both = "attributes=userName&excludedAttributes=title"
    operations = {"schemas": [PATCH_OP], "Operations": [{"op": "remove", "path": "title"}]}
    requests_ = [
        ("GET", "/Users", None),
        ("GET", f"/Users/{resident}", None),
        ("POST", "/Users", new_user()),
        ("PUT", f"/Users/{resident}", new_user()),
        ("PATCH", f"/Users/{resident}", operations),
    ]

    for method, path, body in requests_:
        answer = untouched.scim(method, f"{path}?{both}", body)

        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


def test_a_groups_patch_may_answer_with_nothing_unless_attributes_are_asked_for(
    tmp_path: Any,
) -> None:
    with open_world(tmp_path, policy='patch_group_response = "empty"') as world:
        group = world.scim.create_group("SEC Unmapped")
        body = {"schemas": [PATCH_OP], "Operations": []}

        terse = world.scim("PATCH", f"/Groups/{group}", body)
        full = world.scim("PATCH", f"/Groups/{group}?attributes=displayName", body)

    assert (terse.status_code, terse.content) == (204, b"")
    assert "Content-Type" not in terse.headers
    assert full.json()["displayName"] == "SEC Unmapped"


# --- versions ------------------------------------------------------------------------------


def test_the_version_is_the_entity_tag(shared: World) -> None:
    answer = shared.scim("POST", "/Users", new_user())

    version = answer.json()["meta"]["version"]
    assert answer.headers["ETag"] == version
    assert version.startswith('W/"')


@pytest.mark.parametrize("form", ["{}", "*", 'W/"other", {}', "{strong}", '"other" , {strong}'])
def test_a_version_that_the_client_has_is_not_sent_again(
    untouched: World, resident: str, form: str
) -> None:
    version = untouched.scim("GET", f"/Users/{resident}").headers["ETag"]
    given = form.format(version, strong=version.removeprefix("W/"))

    answer = untouched.scim("GET", f"/Users/{resident}", If_None_Match=given)

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == version


@pytest.mark.parametrize("given", ['W/"other"', "", "nonsense"])
def test_another_version_is_sent(untouched: World, resident: str, given: str) -> None:
    answer = untouched.scim("GET", f"/Users/{resident}", If_None_Match=given)

    assert answer.status_code == 200


WRITES: list[tuple[str, Any]] = [
    ("PUT", {"schemas": [CORE_USER], "userName": "resident@example.com", "title": "Analyst"}),
    ("PATCH", {"schemas": [PATCH_OP], "Operations": [{"op": "remove", "path": "title"}]}),
    ("DELETE", None),
]


@pytest.mark.parametrize(("method", "body"), WRITES, ids=[method for method, _ in WRITES])
@pytest.mark.parametrize("given", ['W/"0"', "", "nonsense", 'W/"0", "x"'])
def test_a_write_to_another_version_is_412_and_does_nothing(
    untouched: World, resident: str, method: str, body: Any, given: str
) -> None:
    answer = untouched.scim(method, f"/Users/{resident}", body, If_Match=given)

    assert (answer.status_code, answer.json()["status"]) == (412, "412")


@pytest.mark.parametrize(("method", "body"), WRITES, ids=[method for method, _ in WRITES])
def test_a_write_with_if_none_match_is_412(
    untouched: World, resident: str, method: str, body: Any
) -> None:
    answer = untouched.scim(method, f"/Users/{resident}", body, If_None_Match="*")

    assert answer.status_code == 412


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("form", ["{}", "*", 'W/"other", {}', "{strong}"])
def test_a_write_to_the_current_version_is_done(shared: World, method: str, form: str) -> None:
    user = shared.scim("POST", "/Users", new_user()).json()
    version = user["meta"]["version"]
    bodies: dict[str, Any] = {
        "PUT": {"schemas": [CORE_USER], "userName": user["userName"], "title": "CISO"},
        "PATCH": {"schemas": [PATCH_OP], "Operations": [{"op": "add", "value": {"title": "x"}}]},
    }
    given = form.format(version, strong=version.removeprefix("W/"))

    answer = shared.scim(method, f"/Users/{user['id']}", bodies.get(method), If_Match=given)

    assert answer.status_code == (204 if method == "DELETE" else 200)
