"""Prove who you are by the code of an authenticator app, and set one up where a sign-in requires it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from doorward.domain.credentials.events import FactorAdded, FactorRemoved, FactorRenamed
from doorward.domain.credentials.keep import add_credential, credentials_of, mark_used_so, unseal
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.method import Answers, Factor, Occasion, Prompt, Stage
from doorward.domain.methods.totp.picture import address_of, picture_of
from doorward.domain.methods.totp.settings import TotpSettings
from doorward.domain.methods.totp.stored import NAME, Authenticator, new_authenticator, read
from doorward.domain.users.find import find_user
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.event import Event
from doorward.kernel.ids import CREDENTIAL, encode

MOST: Final = 3
_POSSESSION: Final[frozenset[Factor]] = frozenset({"possession"})


@dataclass(frozen=True, slots=True)
class TotpProof:
    """That the code was right. taken: the app as it is to be stored, so that the code serves once."""

    credential: CredentialRow
    taken: Authenticator
    method: str = NAME
    amr: tuple[str, ...] = ("otp",)
    factors: frozenset[Factor] = _POSSESSION

    @property
    def user_id(self) -> UUID:
        """Whose app it is."""
        return self.credential.user_id

    @property
    def credential_id(self) -> UUID:
        """The app's row."""
        return self.credential.id

    async def keep(self, tx: Tx) -> bool:
        """Records that the code was used; answers no to all but one of those who use it at the same moment."""
        return await mark_used_so(tx, self.credential, self.taken.data())


@dataclass(slots=True)
class EnrolledTotp:
    """That somebody holds the app that is to be set up."""

    user_id: UUID
    taken: Authenticator
    method: str = NAME
    amr: tuple[str, ...] = ("otp",)
    factors: frozenset[Factor] = _POSSESSION
    credential_id: UUID | None = field(default=None)

    async def keep(self, tx: Tx) -> bool:
        """Adds the app to the account."""
        self.credential_id = (await add_authenticator(tx, self.user_id, self.taken)).id
        return True


class TotpMethod:
    """Authenticator apps."""

    name = NAME
    stages: frozenset[Stage] = frozenset({"second", "enroll"})
    starts = False
    guessable = True
    turns_on = True
    answers = frozenset({NAME})

    async def is_offered(self, tx: Tx, occasion: Occasion, enrolled: frozenset[str]) -> bool:
        """As a second factor to who has one; to set up where the operator has it and the account may have one more."""
        if occasion.stage != "enroll":
            return NAME in enrolled
        return occasion.user_id is not None and await may_add(tx, occasion.user_id)

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Nothing to do."""

    async def prompts(self, tx: Tx, occasion: Occasion) -> tuple[Prompt, ...]:
        """A code; of an app that is to be set up, with its secret."""
        if occasion.stage != "enroll" or occasion.user_id is None:
            return (Prompt(name=NAME, kind="code", method=NAME, title="Code of your authenticator app"),)
        if "enrolling" not in occasion.memory:
            occasion.memory["enrolling"] = new_authenticator(tx.section(TotpSettings)).data()
        shown = await shown_of(tx, occasion.user_id, read(occasion.memory["enrolling"]))
        return (Prompt(name=NAME, kind="code", method=NAME, title="Set up an authenticator app", data=shown),)

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> TotpProof | EnrolledTotp | None:
        """Checks a code against each app of the user, or against the one to be set up."""
        typed = answers.get(NAME)
        if occasion.user_id is None or not isinstance(typed, str):
            return None
        now, drift = tx.now.timestamp(), tx.section(TotpSettings).drift_steps
        if occasion.stage == "enroll":
            enrolling = occasion.memory.get("enrolling")
            taken = read(enrolling).take(typed, now=now, drift_steps=drift) if enrolling is not None else None
            return None if taken is None else EnrolledTotp(occasion.user_id, taken)
        for row in await credentials_of(tx, occasion.user_id, NAME):
            taken = read(unseal(tx.tools.sealer, row)).take(typed, now=now, drift_steps=drift)
            if taken is not None:
                return TotpProof(row, taken)
        return None

    def describe(self, data: dict[str, object]) -> dict[str, object]:
        """What is shown of an app."""
        return {"algorithm": data.get("algorithm", "SHA1"), "digits": data.get("digits", 6)}

    def renamed(self, row: CredentialRow) -> Event:
        """What is recorded when an app is renamed."""
        return FactorRenamed(user_id=row.user_id, method=NAME, target=encode(CREDENTIAL, row.id))

    async def removed(self, tx: Tx, row: CredentialRow) -> dict[str, object]:
        """Records that an app was removed; the client has nothing to do."""
        tx.emit(FactorRemoved(user_id=row.user_id, method=NAME, target=encode(CREDENTIAL, row.id)))
        return {}


async def may_add(tx: Tx, user_id: UUID) -> bool:
    """Whether an account may have one more app."""
    return tx.section(TotpSettings).enabled and len(await credentials_of(tx, user_id, NAME)) < MOST


async def add_authenticator(
    tx: Tx, user_id: UUID, authenticator: Authenticator, *, label: str | None = None
) -> CredentialRow:
    """Gives an account an app. The caller has asked for permission or proof."""
    row = await add_credential(tx, user_id=user_id, method=NAME, data=authenticator.data(), label=label)
    tx.emit(FactorAdded(user_id=user_id, method=NAME, target=encode(CREDENTIAL, row.id)))
    return row


async def shown_of(tx: Tx, user_id: UUID, authenticator: Authenticator) -> dict[str, str]:
    """What somebody needs to set an app up: the secret, its address, and that as a picture."""
    user = await find_user(tx, user_id)
    address = address_of(authenticator, issuer=tx.section(TotpSettings).issuer, account=user.email)
    return {"secret": authenticator.secret_text, "uri": address, "qr_svg": picture_of(address)}
