"""Users whom nobody sees: each keeps an account in the record until what we gave there is taken."""

from __future__ import annotations

from sqlalchemy import Connection

from scimbridge.directory import resources
from scimbridge.directory.resources import ResourceRow
from scimbridge.provisioning.plan import Disposition


def stand_in(
    connection: Connection,
    former: ResourceRow,
    *,
    disposition: Disposition = Disposition.RELEASED,
    now: int,
) -> ResourceRow:
    """A user for the account that ``former`` had: it ends once it converged.

    The account must be nobody else's by now. A POST of the login waits for the end, unless somebody
    has that login. ``now`` is in milliseconds since the epoch.
    """
    target, kind, key = former.target, former.resource_type, str(former.desired_key)
    rival = resources.find_by_any_key(connection, target, kind, key)
    pk = resources.create(
        connection,
        target=target,
        resource_type=kind,
        desired_key=key if rival is None else None,
        desired=former.desired,
        disposition=disposition.value,
        # Nothing of it is to be deleted for having been created.
        origin="adopted" if former.origin == "created" else former.origin,
        native_id=former.native_id,
        created=now,
        last_modified=now,
    )
    (row,) = resources.by_pks(connection, [pk])
    return row
