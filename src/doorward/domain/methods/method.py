"""What a way to prove who you are must offer. Each is one folder beside this file and one line in `features.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from doorward.infra.database.unit_of_work import Tx

PromptKind = Literal["text", "secret", "code", "choice", "redirect", "browser-credential"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to ask the person for. name: what the answer is called. kind: how a client draws it."""

    name: str
    kind: PromptKind
    method: str
    title: str


class Proof(Protocol):
    """That somebody proved to be a certain user; `keep` records its use with the changes of the sign-in."""

    @property
    def amr(self) -> str:
        """The method as RFC 8176 names it."""
        ...

    async def keep(self, tx: Tx) -> bool:
        """Records the use; answers no when what was proved with has been replaced or removed meanwhile."""
        ...


class Method(Protocol):
    """A way to prove who you are."""

    name: str

    def prompts(self) -> tuple[Prompt, ...]:
        """What to ask for; the same for known and unknown accounts."""
        ...

    async def prove(self, tx: Tx, user_id: UUID | None, answers: dict[str, str]) -> Proof | None:
        """A proof if the answers prove it. Without a user it takes as long and proves nothing."""
        ...


class Methods:
    """The methods of this installation, in order; held by Tools."""

    def __init__(self) -> None:
        self.all: tuple[Method, ...] = ()
