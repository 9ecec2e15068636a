"""The devices that people signed in from: known by a secret that each keeps, and trusted where its user said so.

A secret is never taken from the client: who plants a known one in somebody's browser would share what that browser is
trusted with. A device new to a user gets a new secret, and those of others who use the same browser go over to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.risk import device_store as store
from doorward.domain.risk.device_settings import DevicesSettings
from doorward.domain.risk.device_store import DeviceRow
from doorward.domain.risk.events import DeviceAdded, DeviceRevoked, DeviceTrusted
from doorward.domain.risk.problems import DeviceNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.event import Event
from doorward.kernel.ids import DEVICE, encode, new_id
from doorward.kernel.secret import fingerprint, new_secret

JOB: Final = "devices.purge"
_LONGEST_SECRET: Final = 128
_LONGEST_USER_AGENT: Final = 512
_BATCH: Final = 5000
_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Client:
    """What a client says of its device. secret: the one it was given. keeps: whether it would keep one. trust: whether its
    user wants to be spared the second factor on it.
    """

    secret: str | None = field(default=None, repr=False)
    keeps: bool = False
    trust: bool = False


async def known_device(tx: Tx, user_id: UUID | None, secret: str | None) -> DeviceRow | None:
    """The device of a user that has this secret. At the same cost where nobody is known."""
    if not secret or len(secret) > _LONGEST_SECRET:
        return None
    return await tx.db.first(store.FIND_BY_SECRET, user_id=user_id or _NOBODY, secret_hash=_hash(secret))


async def is_trusted(tx: Tx, user_id: UUID, device_id: UUID | None) -> bool:
    """Whether a user trusts a device at this moment."""
    if device_id is None or not tx.section(DevicesSettings).trusted_days:
        return False
    return await tx.db.first(store.TRUSTED, id=device_id, user_id=user_id, now=tx.now) is not None


async def note_device(tx: Tx, user_id: UUID, client: Client, *, same_place: UUID | None, may_trust: bool) -> str | None:
    """Records from which device somebody signed in; answers the secret to keep, if there is one.

    The caller holds the user's row, or requires to (see `users.gate`). same_place: the device that keeps no secret and looks
    alike, as just read. may_trust: whether enough was proved to trust the device.
    """
    agent, address = traits(tx)
    trusted_until = None
    if client.trust and may_trust and tx.section(DevicesSettings).trusted_days:
        trusted_until = tx.now + timedelta(days=tx.section(DevicesSettings).trusted_days)
    device = await known_device(tx, user_id, client.secret)
    secret = client.secret if device is not None else None
    device_id = device.id if device is not None else None
    if device_id is None and not client.keeps:
        # A program that keeps nothing is the same as last time if it comes from the same place.
        device_id = same_place or await _found_meanwhile(tx, user_id)
    if device_id is None:
        device_id, secret = await _add(tx, user_id, client)
    else:
        tx.also(store.SEEN, id=device_id, now=tx.now, user_agent=agent, address=address)
    if trusted_until is not None and secret is not None:
        await tx.db.run(store.TRUST, id=device_id, until=trusted_until)
        tx.emit(DeviceTrusted(user_id=user_id, target=encode(DEVICE, device_id)))
    return secret


async def _found_meanwhile(tx: Tx, user_id: UUID) -> UUID | None:
    """The device that another sign-in of the same program has just added: looked for while the user's row is held."""
    await tx.db.begin()
    agent, address = traits(tx)
    found = await tx.db.first(store.FIND_BY_TRAITS, user_id=user_id, user_agent=agent, address=address)
    return None if found is None else found[0]


async def _add(tx: Tx, user_id: UUID, client: Client) -> tuple[UUID, str | None]:
    await tx.db.begin()
    agent, address = traits(tx)
    others = await tx.db.first(store.OTHERS, user_id=user_id, user_agent=agent, address=address)
    secret = new_secret() if client.keeps else None
    if secret is not None and client.secret and len(client.secret) <= _LONGEST_SECRET:
        # Somebody else's, who uses the same browser: it can keep one secret only.
        await tx.db.run(store.REPLACE_SECRET, former=_hash(client.secret), secret_hash=_hash(secret))
    device_id = new_id()
    await tx.db.run(
        store.INSERT,
        id=device_id,
        user_id=user_id,
        secret_hash=_hash(secret) if secret is not None else None,
        user_agent=agent,
        address=address,
        first_seen_at=tx.now,
        last_seen_at=tx.now,
        trusted_until=None,
    )
    if others is not None and others.all and not others.alike:
        tx.emit(DeviceAdded(user_id=user_id, target=encode(DEVICE, device_id)))
    return device_id, secret


async def devices_of(tx: Tx, user_id: UUID) -> list[DeviceRow]:
    """The devices of a user, the last used first. The caller has asked for permission."""
    return await tx.db.all(store.OF_USER, user_id=user_id)


async def forget_device(tx: Tx, user_id: UUID, device_id: UUID) -> None:
    """Makes a device an unknown one. The caller has asked for permission. Raises DeviceNotFound."""
    if not await tx.db.run(store.REMOVE, id=device_id, user_id=user_id):
        raise DeviceNotFound
    tx.emit(DeviceRevoked(user_id=user_id, target=encode(DEVICE, device_id)))


async def drop_trust(tx: Tx, user_id: UUID) -> None:
    """Trusts no device of a user any more, because what they prove themselves with has changed. They stay known."""
    await tx.db.run(store.DROP_TRUST, user_id=user_id)


async def distrust_every_device(tx: Tx) -> int:
    """Trusts no device of anybody any more, some thousands at a time; answers how many that were. They stay known."""
    count = 0
    while distrusted := await tx.db.run(store.DROP_SOME_TRUST, most=_BATCH):
        count += distrusted
    return count


async def trust_no_more(tx: Tx, event: Event) -> None:
    """What follows from a change of somebody's factors. What they trust since that change, in the same sign-in, stays."""
    if event.user_id is not None:
        just_now = tx.now + timedelta(days=tx.section(DevicesSettings).trusted_days)
        await tx.db.run(store.DROP_OLDER_TRUST, user_id=event.user_id, until=just_now)


async def purge_devices(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets devices that nobody signed in from for long. A scheduled job."""
    before = tx.now - timedelta(days=tx.section(DevicesSettings).forget_days)
    if await tx.db.run(store.FORGET, before=before, most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))


def traits(tx: Tx) -> tuple[str, str]:
    """What a device that asks looks like: its user agent, and the address that it comes from."""
    origin = tx.actor.origin
    return (origin.user_agent or "")[:_LONGEST_USER_AGENT], origin.address or ""


def _hash(secret: str) -> bytes:
    return fingerprint(secret.encode("utf-8", "surrogatepass"))
