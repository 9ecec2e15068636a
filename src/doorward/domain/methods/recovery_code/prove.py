"""Prove who you are by a recovery code, and write codes down where a sign-in asks for a second authenticator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from doorward.domain.credentials.events import FactorAdded, FactorRemoved, FactorRenamed
from doorward.domain.credentials.keep import (
    add_credential,
    credentials_of,
    find_credential,
    mark_used_so,
    remove_credential,
    remove_credentials,
    unseal,
)
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.method import Answers, Factor, Methods, Occasion, Prompt, Stage
from doorward.domain.methods.recovery_code.codes import FEW, NAME, CodeSet, hashed, new_codes, read
from doorward.domain.methods.recovery_code.events import RecoveryCodesLow, RecoveryCodeUsed
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.event import Event
from doorward.kernel.ids import CREDENTIAL, encode

WRITTEN_DOWN: Final = "written_down"
_POSSESSION: Final[frozenset[Factor]] = frozenset({"possession"})
_NOTHING: Final[frozenset[Factor]] = frozenset()
# How often a use is tried again that collided with the use of another code.
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class RecoveryCodeProof:
    """That a code was right. used: its hash."""

    credential: CredentialRow
    used: bytes = field(repr=False)
    method: str = NAME
    # RFC 8176 has no name for what one looks up in a list.
    amr: tuple[str, ...] = ("recovery",)
    factors: frozenset[Factor] = _POSSESSION

    @property
    def user_id(self) -> UUID:
        """Whose codes they are."""
        return self.credential.user_id

    @property
    def credential_id(self) -> UUID | None:
        """None: using up the last code takes the whole set away, and that undoes no proof."""
        return None

    async def keep(self, tx: Tx) -> bool:
        """Strikes the code out; answers no when another request did so first, or the codes were replaced."""
        row: CredentialRow | None = self.credential
        for _ in range(_TRIES):
            if row is None:
                return False
            left = read(unseal(tx.tools.sealer, row)).without(self.used)
            if left is None:
                return False
            if await mark_used_so(tx, row, left.data()):
                if not left.left:
                    await remove_credential(tx, row.user_id, row.id)
                count = len(left.left)
                tx.emit(RecoveryCodeUsed(user_id=row.user_id, left=count))
                if count <= FEW:
                    tx.emit(RecoveryCodesLow(user_id=row.user_id, left=count))
                return True
            # Somebody else used another code at this moment.
            row = await find_credential(tx, row.user_id, row.id)
        return False


@dataclass(frozen=True, slots=True)
class WrittenDown:
    """That somebody says to have written the codes down that they were shown."""

    user_id: UUID
    codes: CodeSet
    method: str = NAME
    amr: tuple[str, ...] = ()
    factors: frozenset[Factor] = _NOTHING
    credential_id: UUID | None = None

    async def keep(self, tx: Tx) -> bool:
        """Puts the codes in the place of those before."""
        await replace_codes(tx, self.user_id, self.codes)
        return True


class RecoveryCodeMethod:
    """Recovery codes."""

    name = NAME
    stages: frozenset[Stage] = frozenset({"second", "enroll"})
    starts = False
    guessable = True
    turns_on = False
    answers = frozenset({NAME, WRITTEN_DOWN})

    async def is_offered(self, tx: Tx, occasion: Occasion, enrolled: frozenset[str]) -> bool:
        """As a second factor to who has some left; to be written down to who has a factor that they stand in for."""
        if occasion.stage != "enroll":
            return NAME in enrolled
        return NAME not in enrolled and stands_for(tx, enrolled)

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Nothing to do."""

    async def prompts(self, _tx: Tx, occasion: Occasion) -> tuple[Prompt, ...]:
        """A code, or the codes to be written down."""
        if occasion.stage != "enroll":
            return (Prompt(name=NAME, kind="code", method=NAME, title="One of your recovery codes"),)
        codes: Sequence[str] = occasion.memory.setdefault("codes", list(new_codes()))
        shown = {"codes": list(codes), "options": ["yes"]}
        return (
            Prompt(name=WRITTEN_DOWN, kind="choice", method=NAME, title="Write these recovery codes down", data=shown),
        )

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> RecoveryCodeProof | WrittenDown | None:
        """Looks a code up, or takes a yes."""
        if occasion.user_id is None:
            return None
        if occasion.stage == "enroll":
            codes = occasion.memory.get("codes")
            if codes is None or answers.get(WRITTEN_DOWN) != "yes":
                return None
            return WrittenDown(occasion.user_id, hashed(codes))
        typed = answers.get(NAME)
        if not isinstance(typed, str):
            return None
        for row in await credentials_of(tx, occasion.user_id, NAME):
            used = read(unseal(tx.tools.sealer, row)).find(typed)
            if used is not None:
                return RecoveryCodeProof(row, used)
        return None

    def describe(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What is shown of the codes."""
        return {"left": len(data["left"])}

    def renamed(self, row: CredentialRow) -> Event:
        """What is recorded when the codes get a name."""
        return FactorRenamed(user_id=row.user_id, method=NAME, target=encode(CREDENTIAL, row.id))

    async def removed(self, tx: Tx, row: CredentialRow) -> Mapping[str, Any]:
        """Records that the codes were removed; the client has nothing to do."""
        tx.emit(FactorRemoved(user_id=row.user_id, method=NAME, target=encode(CREDENTIAL, row.id)))
        return {}


def stands_for(tx: Tx, enrolled: frozenset[str]) -> bool:
    """Whether an account has a factor that recovery codes stand in for. enrolled: the methods of its credentials."""
    return any(
        method.name in enrolled and {"second", "enroll"} <= method.stages and method.name != NAME
        for method in tx.tools.hold(Methods).all
    )


async def replace_codes(tx: Tx, user_id: UUID, codes: CodeSet) -> CredentialRow:
    """Puts codes in the place of those that a user had. The caller has asked for permission or proof, and holds the user's row."""
    await remove_credentials(tx, user_id, NAME)
    row = await add_credential(tx, user_id=user_id, method=NAME, data=codes.data())
    tx.emit(FactorAdded(user_id=user_id, method=NAME, target=encode(CREDENTIAL, row.id)))
    return row
