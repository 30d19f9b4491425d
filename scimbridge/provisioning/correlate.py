"""Identity: which names are the same, and which SCIM id belongs to which native id."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Sequence

from precis_i18n import get_profile
from sqlalchemy import Connection

from scimbridge.directory import resources

_PREPARE = get_profile("UsernameCaseMapped")
_PLAIN = re.compile(r"[!-~]+")
"""What the profile allows of ASCII, which it only maps to lower case: nearly all names are so."""
_NAMESPACE = uuid.UUID("6f1d0f0a-6a8c-5d0c-9a33-5f2f3c1f7b52")
"""Fixed for ever: every SCIM id of a bound resource is derived from it."""


def user_key(user_name: str) -> str:
    """The form in which two user names are compared (RFC 7644 section 5, RFC 8265 section 3.3).

    Names that the profile refuses (it knows no spaces, for one) are compared by their NFKC case
    folding instead: an IdP that sends them must not be locked out.
    """
    if _PLAIN.fullmatch(user_name):
        return user_name.lower()
    try:
        prepared: str = _PREPARE.enforce(user_name)
    except UnicodeEncodeError:
        return unicodedata.normalize("NFKC", user_name).casefold()
    return prepared


def group_key(display_name: str) -> str:
    """The form in which two group names are compared: displayName is not case-exact."""
    return unicodedata.normalize("NFC", display_name).casefold()


def derived_id(target: str, resource_type: str, native_id: str) -> str:
    """The SCIM id of what ``native_id`` names at ``target``.

    Derived, so that a directory that is rebuilt from the vendor gives the same ids back.
    """
    return str(uuid.uuid5(_NAMESPACE, f"{target}\n{resource_type}\n{native_id}"))


def new_user_ids(connection: Connection, target: str, native_ids: Sequence[str]) -> list[str]:
    """The SCIM ids of users to be bound to accounts that nobody is bound to, in the same order.

    After a rename whoever had the account before keeps the id that derives from it. Where accounts
    cannot be deleted it is still there, and becomes another user.
    """
    derived = [derived_id(target, "User", each) for each in native_ids]
    taken = resources.by_ids(connection, target, derived)
    return [random_id() if each in taken else each for each in derived]


def random_id() -> str:
    """A SCIM id for what has no native id."""
    return str(uuid.uuid4())
