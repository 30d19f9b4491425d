"""Creating users: one POST with the role in it, never repeated."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from scimbridge.connectors.insightvm.catalogue import Catalogue
from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.mapping import (
    ROLE,
    Edit,
    Source,
    cannot_lock,
    checked_entitlement_id,
    edited,
    local_source,
    to_edit,
)
from scimbridge.connectors.insightvm.passwords import generated_password
from scimbridge.connectors.insightvm.role_rules import Role
from scimbridge.connectors.insightvm.users import USERS, Users
from scimbridge.connectors.interface import Account, Created, Entitlement
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorError,
    VendorRejected,
)

logger = logging.getLogger(__name__)


class Creation:
    """Creates the users of one console."""

    def __init__(
        self,
        client: InsightVMClient,
        users: Users,
        catalogue: Catalogue,
        *,
        target: str,
        default_role: str,
        default_source: str | None,
    ) -> None:
        """``default_source``: the name of an authentication source; None for the console's own."""
        self._client = client
        self._users = users
        self._catalogue = catalogue
        self._target = target
        self._default_role = default_role
        self._default_source = default_source

    def check_source(self, name: str) -> None:
        """Raise `VendorDenied` unless there is an authentication source of this name."""
        try:
            self._catalogue.source_called(name)
        except VendorRejected as error:
            raise VendorDenied(
                f"{error.reason}; set authentication_source to one of them"
            ) from error

    def create(self, account: Account, entitlements: frozenset[Entitlement]) -> Created:
        """See `Connector.create_account`."""
        role, given = self._role(entitlements)
        wanted = self._wanted(account, role)
        answer = self._post(account, wanted)
        native_id = answer.get("id")
        if not isinstance(native_id, int):
            self._users.forget()
            raise OutcomeUnknown(
                f"{self._target}: the answer to creating {account.user_name!r} names no user; "
                "it may have been created all the same"
            )
        self._users.add(account.user_name, str(native_id))
        self._confirm(str(native_id), wanted)
        return Created(str(native_id), given)

    def _post(self, account: Account, wanted: Edit) -> Mapping[str, Any]:
        given = account.secrets.get("password") if wanted.source.local else None
        try:
            return self._send(wanted, {"password": given} if given else _fresh(wanted))
        except VendorRejected as error:
            refused = self._refused(account, error)
            if given is None or isinstance(refused, VendorConflict):
                raise refused from error
        # Okta sends a random placeholder with every new user, synchronised or not, which knows
        # nothing of the console's password policy. A refused POST has created nobody.
        logger.info("%s: the password given for a new user is refused; one is made", self._target)
        try:
            return self._send(wanted, _fresh(wanted))
        except VendorRejected as error:
            raise self._refused(account, error) from error

    def _send(self, wanted: Edit, credentials: Mapping[str, Any]) -> Mapping[str, Any]:
        body = {**wanted.body(), **credentials}
        try:
            return self._client.call("POST", USERS, json=body, repeatable=False)
        except OutcomeUnknown:
            self._users.forget()
            raise

    def _role(self, entitlements: frozenset[Entitlement]) -> tuple[Role, frozenset[Entitlement]]:
        """The role to create with, and those of ``entitlements`` that this gives."""
        given = frozenset(each for each in entitlements if each.kind == ROLE)
        if not given:
            return self._catalogue.default_role(self._default_role), given
        if len(given) > 1:
            raise VendorRejected(f"{self._target}: a user can hold only one role")
        role_id = checked_entitlement_id(next(iter(given)))
        role = self._catalogue.find_role(role_id)
        if role is None:
            raise VendorRejected(f"{self._target}: no role {role_id!r}")
        return role, given

    def _wanted(self, account: Account, role: Role) -> Edit:
        if account.attributes.get("locked") is True:
            raise cannot_lock(account.user_name)
        new = Edit(
            login=account.user_name,
            name=account.display_name or account.user_name,
            email=account.email,
            enabled=account.active,
            locale="",
            report_locale="",
            source=self._source(account, role),
            role_id=role.id,
            all_sites=role.all_sites,
            all_asset_groups=role.all_asset_groups,
            superuser=role.superuser,
        )
        return edited(new, account, frozenset({"attributes"}), role)

    def _source(self, account: Account, role: Role) -> Source:
        name: Any = account.attributes.get("authenticationSource") or self._default_source
        source = self._catalogue.source_called(name) if name else local_source(role)
        return local_source(role) if source.local else source

    def _refused(self, account: Account, error: VendorRejected) -> VendorError:
        """A taken login is refused with an undocumented status and text: the list decides."""
        self._users.forget()
        if isinstance(error, VendorConflict) or self._users.called(account.user_name) is None:
            return error
        return VendorConflict(error.reason)

    def _confirm(self, native_id: str, wanted: Edit) -> None:
        """Raise `OutcomeUnknown` unless the console shows the user as it was to be created."""
        try:
            user = self._users.get(native_id)
        except VendorError as error:
            raise OutcomeUnknown(
                f"{self._target}: {wanted.login!r} was created as user {native_id}, "
                f"which could not be confirmed: {error.reason}"
            ) from error
        if not wanted.shown_by(to_edit(user)):
            raise OutcomeUnknown(
                f"{self._target}: {wanted.login!r} was created as user {native_id}, "
                "which the console shows otherwise than it was wanted"
            )


def _fresh(wanted: Edit) -> dict[str, Any]:
    """A password that nobody knows, for whoever needs one."""
    if not wanted.source.local:
        return {}
    return {"password": generated_password(), "passwordResetOnLogin": True}
