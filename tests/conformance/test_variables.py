from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.variables import URNS, UnboundVariableError, Variables, expand


def test_a_placeholder_alone_keeps_the_type_of_its_value() -> None:
    assert Variables(total=3).render({"n": "${total}", "t": "of ${total}"}) == {"n": 3, "t": "of 3"}


def test_keys_are_filled_in_as_well_as_values() -> None:
    assert Variables().render({"${Enterprise}": ["${User}"]}) == {
        URNS["Enterprise"]: [URNS["User"]]
    }


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(UnboundVariableError, match=r"no earlier step supplied \$\{user\}"):
        Variables().render("/Users/${user}")


def test_a_guid_is_the_same_under_one_label_and_differs_between_labels() -> None:
    variables = Variables()

    one, again, other = variables.render(["${guid:a}", "${guid:a}", "${guid:b}"])

    assert one == again != other


@pytest.mark.parametrize(("form", "text"), [("upper", "A@B"), ("lower", "a@b"), ("url", "a%40B")])
def test_a_form_changes_the_text(form: str, text: str) -> None:
    assert Variables(name="a@B").render(f"${{name|{form}}}") == text
    assert expand(f"${{name|{form}}}", {"name": "a@B"}) == text


@given(st.text())
def test_the_url_form_survives_decoding(text: str) -> None:
    assert unquote(Variables(v=text).render("x${v|url}")) == "x" + text


def test_a_row_replaces_its_own_placeholders_and_leaves_the_others() -> None:
    row: dict[str, Any] = {"filter": 'userName eq "${user.name}"', "total": 1, "ops": [{"op": "a"}]}
    template = {"q": "${filter}", "n": "${total}", "p": "${ops}", "${total}": "${user} ${total}"}

    assert expand(template, row) == {
        "q": 'userName eq "${user.name}"',
        "n": 1,
        "p": [{"op": "a"}],
        "1": "${user} 1",
    }


def test_text_with_dollar_signs_that_are_no_placeholders_stays() -> None:
    assert Variables().render(["$", "${", "${}", "$x"]) == ["$", "${", "${}", "$x"]
