"""What the IdP is told when the vendor fails, and what becomes of the intent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import PATCH_OP, World, open_world

CREATE = "POST /user-management/entities/users/v1"
DELETE = "DELETE /user-management/entities/users/v1"
GRANT = "POST /user-management/entities/user-role-actions/v1"
USER = {"schemas": [], "userName": "jane@example.com"}


def test_a_vendor_that_is_down_is_429_with_whole_seconds(world: World) -> None:
    world.vendor.fault(CREATE, status=503, count=20)

    answer = world.scim("POST", "/Users", USER)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"].isdigit()
    assert answer.json()["status"] == "429"


def test_transient_status_is_a_choice_of_the_target(tmp_path: Path) -> None:
    with open_world(tmp_path, policy="transient_status = 503") as world:
        world.vendor.fault(CREATE, status=503, count=20)

        answer = world.scim("POST", "/Users", USER)

    assert answer.status_code == 503
    assert answer.json()["status"] == "503"
    assert answer.headers["Retry-After"].isdigit()


def test_the_vendors_own_wait_is_passed_on(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    world.vendor.fault(
        DELETE, status=429, count=20, headers={"X-RateLimit-RetryAfter": str(2_000_000_000)}
    )

    answer = world.scim("DELETE", f"/Users/{user}")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"


def test_bad_credentials_of_the_bridge_are_500_and_never_401(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    world.vendor.fault(DELETE, status=403, count=20)

    answer = world.scim("DELETE", f"/Users/{user}")

    assert answer.status_code == 500
    assert "bridge itself" in answer.json()["detail"]


def test_a_repeated_post_after_an_outage_is_201(world: World) -> None:
    world.vendor.fault(CREATE, status=503, count=20)
    assert world.scim("POST", "/Users", USER).status_code == 429
    world.vendor.simulator.faults.reset()
    world.clock.advance(200)

    answer = world.scim("POST", "/Users", USER)

    assert answer.status_code == 201, answer.text
    assert [name for name in world.vendor.accounts() if name.startswith("jane")] == [
        "jane@example.com"
    ]


def test_an_account_created_by_a_lost_answer_is_found_rather_than_duplicated(
    world: World,
) -> None:
    world.vendor.fault(CREATE, drop=True, when="after")
    assert world.scim("POST", "/Users", USER).status_code == 429

    answer = world.scim("POST", "/Users", USER)

    assert answer.status_code == 201
    assert world.vendor.calls().count(CREATE) == 1


def test_a_create_with_an_unknown_outcome_waits_for_the_vendors_search(world: World) -> None:
    world.vendor.switch(search_lag_s=3600)
    world.vendor.fault(CREATE, drop=True, when="after")
    assert world.scim("POST", "/Users", USER).status_code == 429

    answer = world.scim("POST", "/Users", USER)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 60
    assert world.vendor.calls().count(CREATE) == 1


def test_a_half_made_user_is_not_shown(world: World) -> None:
    world.vendor.fault(CREATE, status=503, count=20)
    world.scim("POST", "/Users", USER)

    found = world.scim("GET", '/Users?filter=userName eq "jane@example.com"').json()

    assert found["totalResults"] == 0


def test_an_offboarding_goes_on_although_the_idp_never_comes_back(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    world.scim.create_group("SEC Falcon Analysts", user)
    world.vendor.fault(GRANT, status=503, count=20)
    assert world.scim.set_active(user, False).status_code == 429
    assert world.scim("GET", f"/Users/{user}").json()["active"] is True
    world.vendor.simulator.faults.reset()

    world.recover()

    assert world.vendor.roles("jane@example.com") == set()
    assert world.scim("GET", f"/Users/{user}").json()["active"] is False


def test_an_offboarding_is_never_given_up(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    world.vendor.fault(DELETE, status=503, count=20)
    assert world.scim("DELETE", f"/Users/{user}").status_code == 429
    world.vendor.simulator.faults.reset()
    world.clock.advance(30 * 86_400)

    world.recover()

    assert "jane@example.com" not in world.vendor.accounts()


def test_an_addition_is_given_up_after_a_day(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    group = world.scim.create_group("SEC Falcon Readers")
    world.vendor.fault(GRANT, status=503, count=20)
    assert world.scim.add_members(group, user).status_code == 429
    world.vendor.simulator.faults.reset()
    world.clock.advance(86_400)

    world.recover()
    world.recover()

    assert "members" not in world.scim("GET", f"/Groups/{group}").json()
    assert world.vendor.roles("jane@example.com") == set()


def test_an_addition_that_failed_is_shown_only_once_it_is_made(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    group = world.scim.create_group("SEC Falcon Readers")
    world.vendor.fault(GRANT, status=503, count=20)
    assert world.scim.add_members(group, user).status_code == 429
    assert "members" not in world.scim("GET", f"/Groups/{group}").json()
    world.vendor.simulator.faults.reset()

    world.recover()

    assert world.scim("GET", f"/Groups/{group}").json()["members"][0]["value"] == user
    assert world.vendor.roles("jane@example.com") == {"falconhost_read_only"}


def test_a_member_removed_while_the_grant_hangs_ends_without_it(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    group = world.scim.create_group("SEC Falcon Readers")
    world.vendor.fault(GRANT, drop=True, when="after", count=20)
    assert world.scim.add_members(group, user).status_code == 429
    assert world.vendor.roles("jane@example.com") == {"falconhost_read_only"}
    world.vendor.simulator.faults.reset()
    world.clock.advance(3600)

    assert world.scim.remove_member(group, user).status_code == 200

    assert world.vendor.roles("jane@example.com") == set()


@pytest.mark.parametrize("status", [400, 409])
def test_a_login_that_is_taken_out_of_sight_is_409(world: World, status: int) -> None:
    """One uid exists once across all CIDs, and the token may not see the other one."""
    world.vendor.switch(duplicate_uid_status=status)
    world.vendor.fault(
        CREATE,
        status=status,
        body={"errors": [{"code": status, "message": "user already exists"}]},
    )

    answer = world.scim("POST", "/Users", USER)

    assert answer.status_code == 409
    assert answer.json()["scimType"] == "uniqueness"


def test_a_refused_user_is_400_with_the_vendors_reason_and_leaves_nothing(world: World) -> None:
    world.vendor.switch(allowed_domains=["corp.example"])

    answer = world.scim("POST", "/Users", USER)

    assert answer.status_code == 400
    assert "domain" in answer.json()["detail"]
    world.vendor.switch(allowed_domains=[])
    assert world.scim("POST", "/Users", USER).status_code == 201


def test_a_refused_rename_keeps_the_old_account(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    world.scim.create_group("SEC Falcon Readers", user)
    world.vendor.switch(allowed_domains=["example.com"])

    answer = world.scim.patch(
        f"/Users/{user}", {"op": "replace", "path": "userName", "value": "jane@other.example"}
    )

    assert answer.status_code == 400
    assert world.scim("GET", f"/Users/{user}").json()["userName"] == "jane@example.com"
    assert world.vendor.roles("jane@example.com") == {"falconhost_read_only"}


def test_a_rename_can_be_refused_by_policy(tmp_path: Path) -> None:
    with open_world(tmp_path, policy="", rename="refuse") as world:
        user = world.scim.create_user("jane@example.com")["id"]

        answer = world.scim.patch(
            f"/Users/{user}", {"op": "replace", "path": "userName", "value": "j@example.com"}
        )

    assert answer.status_code == 400
    assert answer.json()["scimType"] == "mutability"
    assert "rename" in answer.json()["detail"]


def test_deactivation_by_deletion_deletes_and_reactivation_creates_with_the_same_access(
    tmp_path: Path,
) -> None:
    with open_world(tmp_path, policy='deactivate = "delete"') as world:
        user = world.scim.create_user("jane@example.com")["id"]
        world.scim.create_group("SEC Falcon Readers", user)
        world.vendor.grant("jane@example.com", "event_viewer")

        assert world.scim.set_active(user, False).status_code == 200
        assert "jane@example.com" not in world.vendor.accounts()
        assert world.scim("GET", f"/Users/{user}").json()["active"] is False
        assert world.scim.set_active(user, True).status_code == 200

        assert world.vendor.roles("jane@example.com") == {"falconhost_read_only", "event_viewer"}


def test_a_protected_account_is_never_touched(tmp_path: Path) -> None:
    with open_world(tmp_path, policy='protected_accounts = ["Mara.Lind@example.com"]') as world:
        found = world.scim("GET", '/Users?filter=userName eq "mara.lind@example.com"').json()
        user = found["Resources"][0]["id"]
        group = world.scim.create_group("SEC Falcon Readers")
        world.vendor.forget_calls()

        answers = [
            world.scim("DELETE", f"/Users/{user}"),
            world.scim.set_active(user, False),
            world.scim.add_members(group, user),
            world.scim("POST", "/Users", {"userName": "mara.lind@example.com"}),
        ]

        assert [answer.status_code for answer in answers] == [403] * 4
        assert "protected" in answers[0].json()["detail"]
        assert world.vendor.calls() == []


def test_a_protected_role_is_neither_given_nor_taken(tmp_path: Path) -> None:
    policy = 'protected_entitlements = ["role:event_viewer"]'
    with open_world(tmp_path, policy=policy) as world:
        world.provider.observer.refresh_catalogue()
        user = world.scim.create_user("jane@example.com")["id"]
        world.vendor.grant("jane@example.com", "event_viewer")

        given = world.scim(
            "PATCH",
            f"/Users/{user}",
            {
                "schemas": [PATCH_OP],
                "Operations": [
                    {"op": "add", "path": "roles", "value": [{"value": "event_viewer"}]}
                ],
            },
        )
        taken = world.scim.set_active(user, False)

        assert (given.status_code, taken.status_code) == (403, 403)
        assert world.vendor.roles("jane@example.com") == {"event_viewer"}
        assert world.scim("GET", f"/Users/{user}").json()["active"] is True
