"""Requests at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.conftest import World, on_both_databases

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
