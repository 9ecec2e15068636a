"""What a way to prove who you are must offer. Each is one folder beside this file and one line in `features.py`.

A sign-in goes through stages; at each it offers the methods that serve there. Enrolling a factor, verifying an address
and replacing a breached password are stages like any other: an answer gives a proof, and keeping the proof makes the
change, in the transaction that lets the user in or asks for the next stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable
from uuid import UUID

from doorward.domain.credentials.store import CredentialRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.event import Event

PromptKind = Literal["text", "secret", "code", "choice", "redirect", "browser-credential"]
# first: who are you. second: prove it by another kind of factor. enroll: set up a second factor, which is required here.
# verify-email: show that the address is yours. new-password: replace one that is known to others.
# sign-up: make what a new account will be signed in to with.
Stage = Literal["first", "second", "enroll", "verify-email", "new-password", "sign-up"]
# What a proof rests on (SP 800-63B): something one knows, has or is; a mailbox alone is none of these.
Factor = Literal["knowledge", "possession", "inherence", "mailbox"]
Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to ask the person for.

    name: what the answer is called. kind: how a client draws it. data: what drawing it takes, such as the options of a
    choice, the options of a browser credential, or the secret to enroll.
    """

    name: str
    kind: PromptKind
    method: str
    title: str
    data: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Occasion:
    """Where a method is asked.

    attempt_id: of the sign-in. user_id: None where nobody is known, which nobody may tell from outside. stage: for what.
    memory: what this method keeps from one step of this sign-in to the next: JSON, sealed, changed in place.
    notes: what the explanation of a refusal may say: words of ours by words of ours. credentials: those of this method, where
    they were read together with the user just now.
    """

    attempt_id: UUID
    user_id: UUID | None
    stage: Stage
    memory: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    credentials: Sequence[CredentialRow] | None = field(default=None, repr=False)


class Proof(Protocol):
    """That somebody proved to be a certain user."""

    @property
    def user_id(self) -> UUID:
        """Who they proved to be."""
        ...

    @property
    def method(self) -> str:
        """The method's name."""
        ...

    @property
    def amr(self) -> tuple[str, ...]:
        """The method as RFC 8176 names it; empty where nothing was proved that belongs there."""
        ...

    @property
    def factors(self) -> frozenset[Factor]:
        """What it rests on."""
        ...

    @property
    def credential_id(self) -> UUID | None:
        """What was proved with; when it is changed before the sign-in ends, the proof is worth nothing any more."""
        ...

    async def keep(self, tx: Tx) -> bool:
        """Records the use, or makes the change; answers no when what was proved with was replaced or removed meanwhile.

        It may leave that to be found out when the transaction is opened (see `Tx.require`).
        """
        ...


class Method(Protocol):
    """A way to prove who you are.

    stages: where it serves. starts: whether it must be chosen before it asks, because asking has an effect (a mail goes
    out). guessable: whether answers can be guessed, so that wrong ones count against the account. turns_on: whether having
    it makes every sign-in ask for a second factor. answers: the names of its prompts.
    """

    name: str
    stages: frozenset[Stage]
    starts: bool
    guessable: bool
    turns_on: bool
    answers: frozenset[str]

    async def is_offered(self, tx: Tx, occasion: Occasion, enrolled: frozenset[str]) -> bool:
        """Whether it serves here. enrolled: the methods of the user's credentials; at the first stage it must not matter."""
        ...

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """It was chosen: does what it takes before it can ask, at the same cost whether or not anybody is known."""
        ...

    async def prompts(self, tx: Tx, occasion: Occasion) -> tuple[Prompt, ...]:
        """What to ask for; at the first stage the same for known and unknown accounts."""
        ...

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> Proof | None:
        """A proof if the answers prove it. Without a user it takes as long and proves nothing.

        Before the first change of the transaction, so it may pause it for slow work.
        """
        ...


@runtime_checkable
class Managed(Protocol):
    """A method whose credentials people see with details, name, and remove one by one."""

    def describe(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What a credential's owner and administrators see of its data; no secret."""
        ...

    def renamed(self, row: CredentialRow) -> Event:
        """What is recorded when a credential is renamed."""
        ...

    async def removed(self, tx: Tx, row: CredentialRow) -> Mapping[str, Any]:
        """A credential was removed: records it, and answers what the client does about it."""
        ...


class Methods:
    """The methods of this installation, in order; held by Tools."""

    def __init__(self) -> None:
        self.all: tuple[Method, ...] = ()

    def named(self, name: str) -> Method | None:
        """The method of a name."""
        return next((method for method in self.all if method.name == name), None)
