"""Take ways into an account away: the younger ones, which an intruder may have added, or all."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from doorward.domain.credentials.keep import credentials_of, remove_credential
from doorward.domain.lockdown.settings import LockdownSettings
from doorward.domain.methods.password.choose import take_password
from doorward.domain.risk.devices import devices_of, drop_trust, forget_device
from doorward.domain.sessions.end import end_sessions
from doorward.domain.users.emails import addresses_of, drop_address
from doorward.infra.database.unit_of_work import Tx


async def remove_recent_ways_in(tx: Tx, user_id: UUID, *, keep: UUID | None) -> None:
    """Takes the password and everything young away, and ends all sessions. keep: an address that stays. The caller holds the user's row."""
    since = tx.now - timedelta(days=tx.section(LockdownSettings).recent_days)
    await take_password(tx, user_id)
    for credential in await credentials_of(tx, user_id):
        if credential.created_at > since:
            await remove_credential(tx, user_id, credential.id)
    for row in await addresses_of(tx, user_id):
        if row.created_at > since and row.id != keep:
            # The primary address stays in any case: an account has one.
            await drop_address(tx, row)
    for device in await devices_of(tx, user_id):
        if device.first_seen_at > since:
            # It would go on to have a count of wrong answers of its own, and to be no news.
            await forget_device(tx, user_id, device.id)
    await drop_trust(tx, user_id)
    await end_sessions(tx, user_id=user_id, reason="locked-down")


async def remove_all_ways_in(tx: Tx, user_id: UUID, *, keep: UUID) -> None:
    """Takes every credential and every other address away, and ends all sessions. keep: the one address. The caller holds the row."""
    for credential in await credentials_of(tx, user_id):
        await remove_credential(tx, user_id, credential.id)
    for row in await addresses_of(tx, user_id):
        if row.id != keep:
            await drop_address(tx, row)
    for device in await devices_of(tx, user_id):
        await forget_device(tx, user_id, device.id)
    await end_sessions(tx, user_id=user_id, reason="locked-down")
