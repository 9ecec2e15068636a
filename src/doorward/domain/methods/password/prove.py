"""Prove who you are by a password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from doorward.domain.credentials.keep import credentials_of, mark_used, replace_data, unseal
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.method import Answers, Factor, Occasion, Prompt, Stage
from doorward.domain.methods.password.breached import is_in_file
from doorward.domain.methods.password.events import PasswordBreached
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.infra.database.unit_of_work import Tx

NAME: Final = "password"
# Whoever sends more does not mean a password; hashing it would only cost.
_LONGEST: Final = 1024
_KNOWLEDGE: Final[frozenset[Factor]] = frozenset({"knowledge"})


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """That the password was right. rehashed: its new hash, where the stored one was made by other parameters."""

    credential: CredentialRow
    rehashed: str | None
    breached: bool = False

    @property
    def user_id(self) -> UUID:
        """Whose password it is."""
        return self.credential.user_id

    @property
    def method(self) -> str:
        """The password."""
        return NAME

    @property
    def amr(self) -> tuple[str, ...]:
        """RFC 8176: password-based authentication."""
        return ("pwd",)

    @property
    def factors(self) -> frozenset[Factor]:
        """Something one knows."""
        return _KNOWLEDGE

    @property
    def credential_id(self) -> UUID:
        """The password's row."""
        return self.credential.id

    async def keep(self, tx: Tx) -> bool:
        """Records the use; answers no when the password was changed since it was checked."""
        if not await mark_used(tx, self.credential):
            return False
        if self.rehashed is not None:
            await replace_data(tx, self.credential, {"hash": self.rehashed}, only_if_same=True)
        if self.breached:
            tx.emit(PasswordBreached(user_id=self.credential.user_id))
        return True


class PasswordMethod:
    """Passwords."""

    name = NAME
    stages: frozenset[Stage] = frozenset({"first", "second"})
    starts = False
    guessable = True
    turns_on = False
    answers = frozenset({NAME})

    async def is_offered(self, _tx: Tx, occasion: Occasion, enrolled: frozenset[str]) -> bool:
        """First always; second to who has one, such as after a code by mail."""
        return occasion.stage == "first" or NAME in enrolled

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Nothing to do."""

    async def prompts(self, _tx: Tx, _occasion: Occasion) -> tuple[Prompt, ...]:
        """One secret."""
        return (Prompt(name=NAME, kind="secret", method=NAME, title="Password"),)

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> PasswordProof | None:
        """Checks the password. Unknown users and users without one cost a hash all the same. Raises HashingBusy."""
        password = answers.get(NAME)
        if not isinstance(password, str):
            return None
        proof = await check(tx, occasion.user_id, password, occasion.credentials)
        if proof is None or not is_in_file(tx, password):
            return proof
        # Read by policy at the end of the sign-in, after whatever else is asked for.
        occasion.memory["must_change"] = tx.section(PasswordSettings).breached == "block"
        return replace(proof, breached=True)


async def check(
    tx: Tx, user_id: UUID | None, password: str, stored: Sequence[CredentialRow] | None = None
) -> PasswordProof | None:
    """A proof if it is the user's password, at the cost of one hash in any case. stored: what was read of it just now.

    Raises HashingBusy.
    """
    if stored is None:
        stored = await credentials_of(tx, user_id, NAME) if user_id is not None else []
    credential = stored[0] if stored else None
    encoded = unseal(tx.tools.sealer, credential)["hash"] if credential else None
    if len(password) > _LONGEST:
        password, encoded = "", None
    rehashed: str | None = None
    async with tx.paused():
        verdict = await tx.tools.hashing.verify(password, encoded)
        if verdict.ok and verdict.rehash:
            rehashed = await tx.tools.hashing.hash(password)
    return PasswordProof(credential, rehashed) if verdict.ok and credential is not None else None
