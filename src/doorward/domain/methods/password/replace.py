"""Replace a password that is known to others, as a stage of the sign-in in which that was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from doorward.domain.methods.method import Answers, Factor, Occasion, Prompt, Stage
from doorward.domain.methods.password.choose import HashedPassword, hash_new, personal_words, put_password
from doorward.domain.users.find import find_user
from doorward.infra.database.unit_of_work import Tx

NAME: Final = "new_password"
_NOTHING: Final[frozenset[Factor]] = frozenset()


@dataclass(frozen=True, slots=True)
class ReplacedPassword:
    """That another password was chosen. It proves nothing more than what was proved before."""

    user_id: UUID
    hashed: HashedPassword = field(repr=False)
    method: str = NAME
    amr: tuple[str, ...] = ()
    factors: frozenset[Factor] = _NOTHING
    credential_id: UUID | None = None

    async def keep(self, tx: Tx) -> bool:
        """Puts it in the place of the old one; every session of the user ends."""
        await put_password(tx, self.user_id, self.hashed, keep_session=None)
        return True


class NewPasswordMethod:
    """Choosing another password while signing in."""

    name = NAME
    stages: frozenset[Stage] = frozenset({"new-password"})
    starts = False
    guessable = False
    turns_on = False
    answers = frozenset({NAME})

    async def is_offered(self, _tx: Tx, _occasion: Occasion, _enrolled: frozenset[str]) -> bool:
        """Always, at its stage."""
        return True

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Nothing to do."""

    async def prompts(self, _tx: Tx, _occasion: Occasion) -> tuple[Prompt, ...]:
        """One secret, and why."""
        return (
            Prompt(
                name=NAME,
                kind="secret",
                method=NAME,
                title="New password: the present one was found in data stolen elsewhere",
                data={"reason": "password-breached"},
            ),
        )

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> ReplacedPassword | None:
        """The new password, if the policy takes it. Raises InvalidInput or HashingBusy."""
        password = answers.get(NAME)
        if occasion.user_id is None or not isinstance(password, str):
            return None
        user = await find_user(tx, occasion.user_id)
        words = personal_words(user.email, user.username, user.name)
        return ReplacedPassword(user.id, await hash_new(tx, password, personal=words, pointer=f"/answers/{NAME}"))
