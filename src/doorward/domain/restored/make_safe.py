"""Make a restored database safe to serve: what had ended after the backup was made would live again.

Sessions that were signed out of, refresh tokens that were spent, links and codes that were used, devices and keys that
were taken back: the backup knows nothing of it, and nobody can tell which of them they are. So all of them end.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from doorward.domain.keys.rotate import rotate_key
from doorward.domain.one_time.values import void_everything
from doorward.domain.restored.events import DatabaseRestored
from doorward.domain.risk.devices import distrust_every_device
from doorward.domain.sessions.end import end_every_session
from doorward.domain.setup.link import void_links
from doorward.domain.sign_in.attempts import close_every_attempt
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import Permission, require

_MAKE_SAFE: Final = Permission("database:restore", "Put the database back from a backup; on the machine only.")


class Backup(NamedTuple):
    """What a database was restored from. made_at: RFC 3339; empty where it is not known, like the rest."""

    made_at: str = ""
    made_by: str = ""
    schema: str = ""


class Ended(NamedTuple):
    """How many of everything ended. values: links and codes, and sign-ins under way."""

    sessions: int = 0
    values: int = 0
    devices: int = 0


async def make_safe(tx: Tx, backup: Backup) -> Ended:
    """Ends sessions, links, codes, sign-ins under way and trust in devices, replaces every signing key, and records it."""
    require(tx.actor, _MAKE_SAFE)
    # A key that was revoked because it had leaked would be trusted again.
    await rotate_key(tx, revoke=True)
    ended = Ended(
        sessions=await end_every_session(tx, reason="restored"),
        values=await void_everything(tx) + await close_every_attempt(tx),
        devices=await distrust_every_device(tx),
    )
    await void_links(tx)
    _record(tx, backup, ended, kept_sessions=False)
    return ended


async def keep_all(tx: Tx, backup: Backup) -> None:
    """Ends nothing, and records that: for a backup made after the last server had ended, when moving to another machine."""
    require(tx.actor, _MAKE_SAFE)
    _record(tx, backup, Ended(), kept_sessions=True)


def _record(tx: Tx, backup: Backup, ended: Ended, *, kept_sessions: bool) -> None:
    tx.emit(
        DatabaseRestored(
            backup_made_at=backup.made_at,
            made_by=backup.made_by,
            schema=backup.schema,
            kept_sessions=kept_sessions,
            sessions_ended=ended.sessions,
            values_voided=ended.values,
            devices_distrusted=ended.devices,
        )
    )
