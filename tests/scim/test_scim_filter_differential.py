"""Our filters against `scim2_models.ScimFilter`, an implementation by other people.

The two agree on everything that is generated here. They differ, on purpose, where generation is
narrowed:

* Null. ``emails eq null`` is true here of a user without e-mail addresses, by RFC 7643 section
  2.5; there it depends on whether the list is empty or missing. Comparisons with null are left out.
* Binary. There the decoded bytes are compared, here the base64 text; x509Certificates are left out.
* Substrings of a dateTime. There they never match, here they are looked for in the text.
* References. Here they are case exact (RFC 7643 section 2.3.7), there some are not; left out.
* Strings of caseExact attributes are normalized (NFC) there and compared as they are here; the
  generated strings are in NFC.
"""

from __future__ import annotations

import random
from typing import Any

from scim2_models import EnterpriseUser, ScimFilter, User
from scim_generators import USER

from scimbridge.scim.attr_paths import AttrPath
from scimbridge.scim.attributes import Attribute
from scimbridge.scim.filters import (
    Compare,
    Filter,
    Not,
    Present,
    ValuePathFilter,
    all_of,
    any_of,
    parse_filter,
    to_text,
)
from scimbridge.scim.matching import matches

FILTERS, DOCUMENTS = 10_000, 60
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
WORDS = ["a", "A", "b", "ab", "Work", "home", 'say "hi"', "back\\slash", "é", "日本", "😀"]
ADDRESSES = ["a@example.org", "A@example.org", "b@example.org"]
"""scim2_models takes nothing else for the value of emails, in filters neither."""
NAMES = ["userName", "externalId", "id", "title", "active", "name", "emails", "roles", "addresses"]
NAMES += ["meta"]
STRING_OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")
OPERATORS = {
    "boolean": ("eq", "ne"),
    "dateTime": ("eq", "ne", "gt", "ge", "lt", "le"),
}
INSTANTS = ("2011-05-13T04:42:34Z", "2011-05-13T06:42:34+02:00", "2011-05-14T04:42:34Z")


def test_ten_thousand_filters_agree_with_scim2_models() -> None:
    rng = random.Random(7643)
    documents = [_document(rng) for _ in range(DOCUMENTS)]
    users = [User[EnterpriseUser].model_validate(document) for document in documents]
    held = 0
    for _ in range(FILTERS):
        filter = _filter(rng, depth=2)
        text = to_text(filter)
        theirs = ScimFilter[User[EnterpriseUser]](text)
        for place in rng.sample(range(DOCUMENTS), 2):
            expected = theirs.match(users[place], strict=True)
            assert matches(parse_filter(text, USER), documents[place]) is expected, (
                text,
                documents[place],
            )
            held += expected

    assert 2_000 < held < 18_000


def _filter(rng: random.Random, depth: int) -> Filter:
    if depth and rng.random() < 0.5:
        operands = [_filter(rng, depth - 1) for _ in range(rng.randint(2, 3))]
        return rng.choice(
            [lambda: all_of(*operands), lambda: any_of(*operands), lambda: Not(operands[0])]
        )()
    return _term(rng)


def _term(rng: random.Random) -> Filter:
    name = rng.choice((*NAMES, "department", "manager"))
    urn = None if name in NAMES else ENTERPRISE
    attribute = USER.find(name, urn)
    assert attribute is not None
    path = AttrPath(attribute, None, urn)
    if attribute.type != "complex":
        return _test(rng, path)
    subs = _compared(attribute)
    if attribute.multi_valued and rng.random() < 0.5:
        both = (_test(rng, AttrPath(each)) for each in rng.sample(subs, 2))
        return ValuePathFilter(path, all_of(*both))
    return _test(rng, AttrPath(attribute, rng.choice(subs), urn))


def _compared(attribute: Attribute) -> list[Attribute]:
    return [sub for sub in attribute.sub_attributes if sub.type != "reference"]


def _test(rng: random.Random, path: AttrPath) -> Filter:
    if rng.random() < 0.2:
        return Present(path)
    op = rng.choice(OPERATORS.get(path.target.type, STRING_OPERATORS))
    return Compare(path, op, _value(rng, path.target))


def _value(rng: random.Random, attribute: Attribute) -> Any:
    if attribute.name == "resourceType":
        return "User"
    if attribute.type == "boolean":
        return rng.random() < 0.5
    if "e-mail" in attribute.description:
        return rng.choice(ADDRESSES)
    return rng.choice(INSTANTS if attribute.type == "dateTime" else WORDS)


def _document(rng: random.Random) -> dict[str, Any]:
    document: dict[str, Any] = {"schemas": [USER.schema.id, ENTERPRISE]}
    document["userName"] = rng.choice(WORDS)
    extension: dict[str, Any] = {}
    for name in (*NAMES[1:], "department", "manager"):
        urn = None if name in NAMES else ENTERPRISE
        attribute = USER.find(name, urn)
        assert attribute is not None
        if rng.random() < 0.3:
            continue
        one = [_one(rng, attribute) for _ in range(2 if attribute.multi_valued else 1)]
        container = extension if urn else document
        container[attribute.name] = one if attribute.multi_valued else one[0]
    if extension:
        document[ENTERPRISE] = extension
    return document


def _one(rng: random.Random, attribute: Attribute) -> Any:
    if attribute.type != "complex":
        return _value(rng, attribute)
    every = _compared(attribute)
    subs = rng.sample(every, rng.randint(1, len(every)))
    return {sub.name: _value(rng, sub) for sub in subs}
