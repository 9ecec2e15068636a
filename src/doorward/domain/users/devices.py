"""The devices that a user signed in from, as that user."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.risk.device_store import DeviceRow
from doorward.domain.risk.devices import devices_of, forget_device
from doorward.domain.users.permissions import READ_ME, WRITE_ME
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import Permission, require


async def list_my_devices(tx: Tx) -> list[DeviceRow]:
    """One's own devices, the last used first."""
    return await devices_of(tx, _own(tx, READ_ME))


async def forget_my_device(tx: Tx, device_id: UUID) -> None:
    """Makes one of one's own devices an unknown one, which is asked for everything again. Raises DeviceNotFound."""
    await forget_device(tx, _own(tx, WRITE_ME), device_id)


def _own(tx: Tx, permission: Permission) -> UUID:
    require(tx.actor, permission)
    if tx.actor.user_id is None:
        raise UserNotFound
    return tx.actor.user_id
