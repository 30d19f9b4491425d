"""People: found by name, shown with access, attributes and differences, tried again."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from scimbridge.directory import audit, schema
from tests.bridge.test_by_hand_grants import take_by_hand
from tests.web.console.conftest import Scene


def test_people_are_found_by_a_part_of_a_name(scene: Scene) -> None:
    assert "jane@example.com" in scene.text("/people?text=jane+roe")
    assert "Nobody fits." in scene.text("/people?text=no+such&target=falcon")


def test_a_person_is_shown_with_access_reasons_and_history(scene: Scene) -> None:
    text = scene.text(f"/people/falcon/{scene.jane['id']}")

    assert "role:falconhost_read_only" in text
    assert "SEC Falcon Readers" in text
    assert "given by the bridge, confirmed" in text
    assert "create done" in text
    assert "Try again now" not in text


def test_attributes_are_shown_as_asked_beside_those_of_the_vendor(paused: Scene) -> None:
    user = f"/Users/{paused.jane['id']}"
    name = {"op": "add", "path": "name", "value": {"givenName": "Jane", "familyName": "Roe"}}
    assert paused.world.scim.patch(user, name).status_code == 200
    page = f"/people/falcon/{paused.jane['id']}"
    assert attributes(paused.text(page)) == {
        "userName": ("jane@example.com", "jane@example.com"),
        "name.givenName": ("Jane", "Jane"),
        "name.familyName": ("Roe", "Roe"),
        "displayName": ("Jane Roe", "Jane Roe"),
        "active": ("true", "true"),
    }

    paused.world.vendor.fault("* *", status=503, count=100)
    given = {"op": "replace", "path": "name.givenName", "value": "Joan"}
    assert paused.world.scim.patch(user, given).status_code == 429

    found = attributes(paused.text(page))
    assert found["name.givenName"] == ("Joan", 'Jane <span class="badge warn">differs</span>')
    with paused.world.bridge.directory.write() as connection:
        connection.execute(update(schema.resources).values(dirty=1))
    assert "not known" in attributes(paused.text(page))["active"][1]


def attributes(text: str) -> dict[str, tuple[str, str]]:
    """What is asked for and what the vendor has, by attribute."""
    rows = re.findall(
        r'"Attribute"><code>(.*?)</code></td> <td data-label="Asked">(.*?)</td> '
        r'<td data-label="Vendor">(.*?)</td>',
        text,
    )
    return {name: (asked, held) for name, asked, held in rows}


def test_a_difference_is_shown_on_the_page_of_the_person(paused: Scene) -> None:
    take_by_hand(paused.world, "jane@example.com", "falconhost_read_only")
    paused.world.clock.advance(3600)
    list(paused.world.provider.reconciler.run("report"))

    assert "grant role:falconhost_read_only to" in paused.text(
        f"/people/falcon/{paused.jane['id']}"
    )


@pytest.mark.parametrize("page", ["people", "groups"])
def test_unfinished_work_is_tried_again_at_once(paused: Scene, page: str) -> None:
    world, person = paused.world, f"/people/falcon/{paused.jane['id']}"
    subject = person if page == "people" else f"/groups/falcon/{paused.readers}"
    world.vendor.fault("* *", status=503, count=100)
    assert world.scim.remove_member(paused.readers, paused.jane["id"]).status_code == 429
    world.vendor.simulator.faults.clear()
    world.provider.operations.recover()
    assert world.vendor.roles("jane@example.com") == {"falconhost_read_only"}

    answer = paused.browser.post(f"{subject}/try-again", seen_on=subject)
    world.provider.operations.recover()

    assert (answer.status_code, answer.location) == (303, f"/console{subject}")
    assert world.vendor.roles("jane@example.com") == set()
    with world.bridge.directory.read() as connection:
        [line] = [each for each in audit.lines(connection) if each.action == "try again"]
    assert line.actor == "operator:ada"


def test_where_nothing_is_unfinished_nothing_is_noted(scene: Scene) -> None:
    person = f"/people/falcon/{scene.jane['id']}"

    assert scene.browser.post(f"{person}/try-again", seen_on="/").status_code == 303

    assert "try again" not in scene.text(person)


def test_nobody_is_tried_again(scene: Scene) -> None:
    answer = scene.browser.post("/people/falcon/no-such/try-again", seen_on="/")

    assert answer.status_code == 404
