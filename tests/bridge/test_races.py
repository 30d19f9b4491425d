"""Requests at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.conftest import PATCH_OP, World, on_both_databases

pytestmark = on_both_databases


def test_of_equal_posts_at_once_one_creates_and_the_rest_conflict(world: World) -> None:
    body = {"userName": "jane@example.com"}
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: world.scim("POST", "/Users", body), range(12)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert world.vendor.calls().count("POST /user-management/entities/users/v1") == 1


def test_of_equal_groups_at_once_one_is_created(world: World) -> None:
    body = {"displayName": "SEC Falcon Readers"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.scim("POST", "/Groups", body), range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


def test_members_added_at_once_are_all_there(world: World) -> None:
    users = [str(world.scim.create_user(f"u{number}@example.com")["id"]) for number in range(24)]
    group = world.scim.create_group("SEC Falcon Readers")

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: world.scim.add_members(group, *users[3 * n : 3 * n + 3]), range(8))
        )

    assert {answer.status_code for answer in answers} == {200}
    shown = world.scim("GET", f"/Groups/{group}").json()["members"]
    assert {member["value"] for member in shown} == set(users)
    assert all(
        world.vendor.roles(f"u{number}@example.com") == {"falconhost_read_only"}
        for number in range(24)
    )


def test_changes_of_one_user_at_once_are_all_made(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    names = ["title", "nickName", "userType", "locale", "timezone", "preferredLanguage"]

    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(
                lambda name: world.scim.patch(
                    f"/Users/{user}",
                    {"op": "add", "path": name, "value": "x"},
                    {"op": "add", "path": "name.givenName", "value": name},
                ),
                names,
            )
        )

    assert {answer.status_code for answer in answers} == {200}
    shown = world.scim("GET", f"/Users/{user}").json()
    assert {name for name in names if shown.get(name) == "x"} == set(names)
    account = world.vendor.accounts()["jane@example.com"]
    assert account["given_name"] == shown["name"]["givenName"]


def test_of_changes_of_one_version_at_once_one_is_made(world: World) -> None:
    user = world.scim.create_user("jane@example.com")
    group = world.scim.create_group("SEC Falcon Readers")
    group_version = world.scim("GET", f"/Groups/{group}").headers["ETag"]
    operations = {
        f"/Users/{user['id']}": {"op": "add", "path": "name.givenName", "value": "Jo"},
        f"/Groups/{group}": {"op": "add", "path": "members", "value": [{"value": user["id"]}]},
    }
    versions = [user["meta"]["version"], group_version]

    for (path, operation), version in zip(operations.items(), versions, strict=True):
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        world.vendor.simulator.faults.latency_s = 0.05
        with ThreadPoolExecutor(6) as pool:
            sent = [
                pool.submit(world.scim, "PATCH", path, body, If_Match=version) for _ in range(6)
            ]
        statuses = sorted(each.result().status_code for each in sent)

        assert statuses == [200] + [412] * 5, path


def test_who_is_created_and_deleted_at_once_is_there_or_is_not(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    body = {"userName": "jane@example.com"}

    with ThreadPoolExecutor(8) as pool:
        creations = [pool.submit(world.scim, "POST", "/Users", body) for _ in range(4)]
        deletions = [pool.submit(world.scim, "DELETE", f"/Users/{user}") for _ in range(4)]

    assert {each.result().status_code for each in creations} <= {201, 409, 429}
    assert {each.result().status_code for each in deletions} <= {204, 404}
    world.recover()
    found = world.scim("GET", '/Users?filter=userName eq "jane@example.com"').json()
    accounts = [each["user_name"] for each in world.vendor.get("/_sim/state")["accounts"]]
    assert found["totalResults"] == accounts.count("jane@example.com")


def test_of_a_put_and_patches_at_once_none_is_half_made(world: World) -> None:
    user = world.scim.create_user("jane@example.com", title="old")["id"]
    whole = {"userName": "jane@example.com", "name": {"givenName": "Put"}, "title": "new"}

    def ask(number: int) -> int:
        if number % 2:
            return world.scim("PUT", f"/Users/{user}", whole).status_code
        operations = (
            {"op": "replace", "path": "title", "value": f"{number}"},
            {"op": "replace", "path": "name.givenName", "value": f"{number}"},
        )
        return world.scim.patch(f"/Users/{user}", *operations).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {200}

    shown = world.scim("GET", f"/Users/{user}").json()
    pair = (shown["title"], shown["name"]["givenName"])
    assert pair in {("new", "Put"), *((f"{number}", f"{number}") for number in range(0, 8, 2))}
    assert world.vendor.accounts()["jane@example.com"]["given_name"] == pair[1]
