"""The stored tenant: users, one large group, and a token, written into a directory at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import insert

from scimbridge.clock import now_ms
from scimbridge.directory import tokens
from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate
from scimbridge.directory.resources import chunks
from scimbridge.directory.schema import memberships, resources, targets
from scimbridge.keys import derive_key
from scimbridge.provisioning.correlate import derived_id, group_key, user_key
from scimbridge.provisioning.mapping import display_of, to_account
from scimbridge.provisioning.work import dump_account
from scimbridge.scim import urns

TARGET = "falcon"
GROUP_ID = str(uuid.UUID(int=1))
GROUP_NAME = "Everybody"
"""Stands for nothing in the configuration, so that joining it needs no call to the vendor."""
OUTSIDERS = 4_000
"""Users who are not in the group, and join it while it is measured."""
_BATCH = 5_000
_FALCON = "urn:scimbridge:params:scim:schemas:extension:falcon:2.0:User"


@dataclass(frozen=True, slots=True)
class Tenant:
    """``size`` users who are members of the group, and `OUTSIDERS` who are not."""

    size: int

    def user_id(self, number: int) -> str:
        return derived_id(TARGET, "User", _native_id(number))

    @property
    def members(self) -> range:
        return range(self.size)

    @property
    def outsiders(self) -> range:
        return range(self.size, self.size + OUTSIDERS)


def user_name(number: int) -> str:
    return f"person.{number}@example.com"


def user_document(number: int) -> dict[str, Any]:
    """A user as Okta pushes one."""
    return {
        "schemas": [urns.USER],
        "userName": user_name(number),
        "name": {"givenName": "Person", "familyName": f"Number {number}"},
        "displayName": f"Person Number {number}",
        "emails": [{"value": user_name(number), "type": "work", "primary": True}],
        "externalId": f"00u{number:017d}",
        "locale": "en-US",
        "active": True,
    }


def fill(url: str, secret_key: str, tenant: Tenant) -> str:
    """Write ``tenant`` into a new directory at ``url``; returns the SCIM client's token."""
    migrate(url)
    directory = Directory(url)
    now = now_ms()
    try:
        with directory.write() as connection:
            connection.execute(
                insert(targets).values(name=TARGET, observed_at=now, reconciled_at=now)
            )
            for numbers in chunks(range(tenant.size + OUTSIDERS), _BATCH):
                connection.execute(
                    insert(resources), [_user_row(tenant, number, now) for number in numbers]
                )
            group_pk = connection.execute(
                insert(resources).values(_group_row(now)).returning(resources.c.pk)
            ).scalar_one()
            for numbers in chunks(tenant.members, _BATCH):
                connection.execute(
                    insert(memberships),
                    [
                        {
                            "group_pk": group_pk,
                            "member_id": tenant.user_id(number),
                            "want": 1,
                            "have": 1,
                        }
                        for number in numbers
                    ],
                )
            key = derive_key(secret_key.encode(), "tokens")
            return tokens.issue(connection, key, target=TARGET, name="bench", now=now)
    finally:
        directory.close()


def _native_id(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def _user_row(tenant: Tenant, number: int, now: int) -> dict[str, Any]:
    # With what Falcon said of the account, which is stored with every user and shown on request.
    document = user_document(number) | {_FALCON: {"status": "active"}}
    document["schemas"] = [urns.USER, _FALCON]
    return {
        "scim_id": tenant.user_id(number),
        "external_id": document["externalId"],
        "native_id": _native_id(number),
        "observed": dump_account(to_account(document, extension=None)),
        **_row("User", document, user_key(document["userName"]), now),
    }


def _group_row(now: int) -> dict[str, Any]:
    document = {"schemas": [urns.GROUP], "displayName": GROUP_NAME}
    return {"scim_id": GROUP_ID, **_row("Group", document, group_key(GROUP_NAME), now)}


def _row(kind: str, document: dict[str, Any], key: str, now: int) -> dict[str, Any]:
    text = orjson.dumps(document).decode()
    return {
        "target": TARGET,
        "resource_type": kind,
        "desired_key": key,
        "confirmed_key": key,
        "desired": text,
        "confirmed": text,
        "confirmed_generation": 1,
        "claimed": 1,
        "origin": "created",
        "display": display_of(document),
        "created": now,
        "last_modified": now,
    }
