from __future__ import annotations

from tests.conftest import World


def test_a_created_user_has_an_account_at_the_vendor(world: World) -> None:
    user = world.scim.create_user(
        "jane@example.com", name={"givenName": "Jane", "familyName": "Doe"}
    )

    account = world.vendor.accounts()["jane@example.com"]
    assert account["native_id"]
    assert world.scim("GET", f"/Users/{user['id']}").json()["name"]["familyName"] == "Doe"
