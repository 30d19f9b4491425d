"""The deprecated user routes."""

from __future__ import annotations

import pytest
from simulator_client import Falcon, message, resources

USERS = "/users/entities/users/v1"
ROLES = "/user-roles/entities/user-roles/v1"
BY_USER = "/user-roles/queries/user-role-ids-by-user-uuid/v1"
BY_EMAIL = "/users/queries/user-uuids-by-email/v1"
MARA = "mara.lind@example.com"


def test_users_are_created_read_and_renamed_in_camel_case() -> None:
    falcon = Falcon()
    body = {"uid": "new@example.com", "firstName": "New", "lastName": "Hire"}

    created = falcon.call("POST", USERS, body)
    uuid = resources(created)[0]["uuid"]
    renamed = resources(
        falcon.call("PATCH", USERS, {"firstName": "N", "lastName": "H"}, user_uuid=uuid)
    )

    assert created.status_code == 201
    assert renamed == resources(falcon.call("GET", USERS, ids=uuid))
    assert renamed == [
        {
            "uuid": uuid,
            "customer": falcon.simulator.credentials["cid"],
            "uid": "new@example.com",
            "firstName": "N",
            "lastName": "H",
            "status": "active",
        }
    ]


def test_answers_always_have_both_lists() -> None:
    falcon = Falcon()

    assert falcon.call("GET", "/users/queries/emails-by-cid/v1").json()["errors"] == []
    refused = falcon.call("POST", USERS, {"uid": MARA}).json()
    assert refused["resources"] is None
    assert refused["errors"][0]["code"] == 400


def test_a_deleted_user_leaves_only_meta() -> None:
    falcon = Falcon()
    uuid = falcon.uuid(MARA)

    answer = falcon.call("DELETE", USERS, user_uuid=uuid)

    assert "resources" not in answer.json()
    assert falcon.call("DELETE", USERS, user_uuid=uuid).status_code == 404
    assert falcon.call("GET", USERS, ids=uuid).status_code == 404


def test_a_uuid_is_found_by_login_whatever_its_case() -> None:
    falcon = Falcon()

    assert resources(falcon.call("GET", BY_EMAIL, uid=MARA.upper())) == [falcon.uuid(MARA)]
    assert falcon.call("GET", BY_EMAIL, uid="nobody@example.com").status_code == 404


def test_lists_cover_the_tokens_own_cid_and_wait_for_the_search_lag() -> None:
    falcon = Falcon(search_lag_s=60)
    falcon.call("POST", USERS, {"uid": "new@example.com"})
    listing = "/users/queries/emails-by-cid/v1"

    early = resources(falcon.call("GET", listing))
    falcon.clock.advance(60)

    assert len(early) == 3
    assert "new@example.com" in resources(falcon.call("GET", listing))


def test_roles_are_granted_and_revoked_and_echoed() -> None:
    falcon = Falcon()
    uuid = falcon.uuid(MARA)

    granted = falcon.call("POST", ROLES, {"roleIds": ["help_desk"]}, user_uuid=uuid)
    both = resources(falcon.call("GET", BY_USER, user_uuid=uuid))
    revoked = falcon.call("DELETE", ROLES, user_uuid=uuid, ids=both)

    assert resources(granted) == ["help_desk"]
    assert both == ["falconhost_admin", "help_desk"]
    assert resources(revoked) == both
    assert resources(falcon.call("GET", BY_USER, user_uuid=uuid)) == []


@pytest.mark.parametrize(
    ("role", "uuid", "text"),
    [
        ("nonsense", None, "invalid roleID='nonsense' specified"),
        ("help_desk", "unknown", "invalid user uuid='unknown' specified"),
    ],
)
def test_a_grant_of_the_unknown_is_refused(role: str, uuid: str | None, text: str) -> None:
    falcon = Falcon()

    answer = falcon.call("POST", ROLES, {"roleIds": [role]}, user_uuid=uuid or falcon.uuid(MARA))

    assert answer.status_code == 400
    assert message(answer) == text


def test_a_grant_names_at_least_one_role() -> None:
    falcon = Falcon()

    answer = falcon.call("POST", ROLES, {"roleIds": []}, user_uuid=falcon.uuid(MARA))

    assert answer.status_code == 400


def test_roles_are_shown_in_the_short_form() -> None:
    falcon = Falcon()

    assert resources(falcon.call("GET", ROLES, ids="help_desk")) == [
        {
            "id": "help_desk",
            "display_name": "Help Desk",
            "description": "Host details and maintenance tokens",
        }
    ]
    assert falcon.call("GET", ROLES, ids="unknown").status_code == 404


def test_a_call_takes_as_many_ids_as_the_switch_says() -> None:
    falcon = Falcon(legacy_ids_maximum=1)

    assert falcon.call("GET", ROLES, ids=["help_desk", "event_viewer"]).status_code == 400
    assert falcon.call("GET", ROLES).status_code == 400
