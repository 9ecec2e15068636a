"""Seal with the first secret what earlier ones sealed, and say what each of them still opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from doorward.domain.sealed.events import SecretsResealed
from doorward.domain.sealed.places import LASTING, PASSING, LastingPlace
from doorward.infra.crypto.sealing import SealBroken
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import Permission, require

_RESEAL: Final = Permission("secrets:reseal", "Seal anew what earlier secrets sealed; on the machine only.")


class Resealed(NamedTuple):
    """How many values were sealed anew. unopened: those that none of the secrets opens."""

    credentials: int
    signing_keys: int
    unopened: int


class SecretUse(NamedTuple):
    """What one secret opens.

    key_id: names it without telling anything of it, in hexadecimal. place: in the list of secrets, from 1; None for one that is
    not in it. lasting, passing: how many values of each kind it sealed, by the kind's name.
    """

    key_id: str
    place: int | None
    lasting: dict[str, int]
    passing: dict[str, int]


async def reseal(tx: Tx, done: Callable[[int], None] = lambda _: None) -> Resealed:
    """Seals every lasting value with the first secret, row by row, while servers work on the same rows.

    Each row is changed by itself, so what is done stays when this is interrupted, and the next run goes on. done: is told how
    many values were looked at.
    """
    require(tx.actor, _RESEAL)
    looked = 0
    numbers: dict[str, int] = {}
    unopened = 0
    for place in LASTING:
        numbers[place.name], broken, looked = await _reseal(tx, place, done, looked)
        unopened += broken
    resealed = Resealed(numbers["credentials"], numbers["signing keys"], unopened)
    if any(resealed):
        tx.emit(
            SecretsResealed(credentials=resealed.credentials, signing_keys=resealed.signing_keys, unopened=unopened)
        )
    return resealed


async def _reseal(tx: Tx, place: LastingPlace, done: Callable[[int], None], looked: int) -> tuple[int, int, int]:
    """Answers how many values were sealed anew, how many did not open, and how many were looked at so far in all."""
    sealer = tx.tools.sealer
    changed = broken = 0
    after = place.first
    while rows := await tx.db.all(place.others, after=after, current=sealer.key_ids[0]):
        for row_id, present in rows:
            looked += 1
            after = row_id
            context = place.context(row_id)
            try:
                data = sealer.open_sealed(place.purpose, present, context=context)
            except SealBroken:
                broken += 1
                continue
            sealed = sealer.seal(place.purpose, data, context=context)
            changed += len(await tx.db.change(place.replace, id=row_id, present=present, sealed=sealed))
        done(looked)
    return changed, broken, looked


async def uses(tx: Tx) -> list[SecretUse]:
    """What each secret opens: the configured ones in their order, then those that are not configured."""
    require(tx.actor, _RESEAL)
    configured = [key_id.hex() for key_id in tx.tools.sealer.key_ids]
    counts: dict[str, dict[str, int]] = {key_id: {} for key_id in configured}
    for place in (*LASTING, *PASSING):
        for key_id, number in await tx.db.all(place.count):
            counts.setdefault(bytes(key_id).hex(), {})[place.name] = number
    return [
        SecretUse(
            key_id,
            configured.index(key_id) + 1 if key_id in configured else None,
            {place.name: found.get(place.name, 0) for place in LASTING},
            {place.name: found.get(place.name, 0) for place in PASSING},
        )
        for key_id, found in counts.items()
    ]
