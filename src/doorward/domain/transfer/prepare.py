"""Some thousand records at a time, read and checked up to the rows that the database takes, without the database.

All of it is plain values, so that another process can do it beside the one that writes (see `beside`).
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from doorward.domain.transfer.check import Person, Rules, check_person
from doorward.domain.transfer.read import Record
from doorward.domain.users.create_many import NewRows, rows_of
from doorward.kernel.problem import FieldError, InvalidInput

CHUNK: Final = 5000


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that did not come in, and each reason."""

    record: Record
    errors: tuple[FieldError, ...]


@dataclass(slots=True)
class Seen:
    """What the persons of a chunk (in a dry run: of the whole file) will have that nobody else may."""

    keys: set[tuple[str, object]] = field(default_factory=set)

    def takes(self, person: Person) -> bool:
        """Takes what is the person's; answers no, and takes nothing, where something of it is taken."""
        user = person.account.user
        own: list[tuple[str, object]] = [("email", user.email.key)]
        if user.username is not None:
            own.append(("username", user.username.key))
        if user.external_id is not None:
            own.append(("external_id", user.external_id))
        if person.has_id:
            own.append(("id", person.account.id))
        own.extend(("email", email.key) for email, _ in person.account.more_emails)
        if not self.keys.isdisjoint(own):
            return False
        self.keys.update(own)
        return True

    def identifies(self, person: Person) -> bool:
        """Whether somebody was seen who is this person, by id, external id or email address."""
        user = person.account.user
        own = {("email", user.email.key), ("external_id", user.external_id), ("id", person.account.id)}
        return not self.keys.isdisjoint(own)


class NewPeople(NamedTuple):
    """People as what is written for them when nobody of them is there yet and nobody has what is theirs.

    hashes, roles: whose, as the place among the users, with a password hash or the name of a role.
    """

    rows: NewRows
    hashes: list[tuple[int, str]]
    roles: list[tuple[int, str]]


class Marks(NamedTuple):
    """What tells whether somebody of a chunk is there already, or has what another has."""

    email_keys: list[str]
    external_ids: list[str]
    username_keys: list[str]


@dataclass(slots=True)
class Chunk:
    """Checked records that are settled together.

    read: how many records it stands for. read_bytes: how far in the file it ends, if it is one. people: gives them.
    straight: for writing them all at once; None when somebody among them has to be looked at alone.
    """

    read: int
    rejects: list[Reject]
    people: Callable[[], Sequence[Person]]
    straight: tuple[Marks, NewPeople] | None = None
    read_bytes: int | None = None


def prepare(
    records: Iterator[Record],
    rules: Rules,
    size: int,
    now: Callable[[], datetime],
    bytes_read: Callable[[], int | None] = lambda: None,
) -> Iterator[Chunk | None]:
    """Chunks of so many records, in order, and None now and then before each, when others may have their turn.

    now: asked for the moment when a chunk is made. bytes_read: how far the reading is.
    """
    while True:
        read = 0
        rejects: list[Reject] = []
        people: list[Person] = []
        for record in records:
            read += 1
            try:
                people.append(check_person(record, rules))
            except InvalidInput as problem:
                rejects.append(Reject(record, problem.errors))
            if read >= size:
                break
            if read % _TURN == 0:
                yield None
        if not read:
            return
        straight = (marks_of(people), new_people(people, now())) if _are_plain(people) else None
        yield Chunk(read, rejects, partial(list, people), straight, bytes_read())


def pack(chunk: Chunk) -> bytes:
    """A chunk for another process, with its people as the records that they came from."""
    # Apart, because nobody asks for them as long as everybody is new.
    records = pickle.dumps([person.record for person in chunk.people()], pickle.HIGHEST_PROTOCOL)
    return pickle.dumps((chunk.read, chunk.rejects, records, chunk.straight, chunk.read_bytes), pickle.HIGHEST_PROTOCOL)


def unpack(packed: bytes, rules: Rules) -> Chunk:
    """A chunk that another process of ours packed, by the same rules."""
    read, rejects, records, straight, read_bytes = pickle.loads(packed)  # noqa: S301 - from our own child

    def people() -> list[Person]:
        return [check_person(record, rules) for record in pickle.loads(records)]  # noqa: S301 - as above

    return Chunk(read, rejects, people, straight, read_bytes)


# How many records are checked before others get their turn.
_TURN: Final = 40


def _are_plain(people: Sequence[Person]) -> bool:
    """Whether people can be written all at once: different ones, with nothing left to be hashed, by ids of our own."""
    seen = Seen()
    return all(person.password is None and not person.has_id and seen.takes(person) for person in people)


def new_people(people: Sequence[Person], now: datetime) -> NewPeople:
    """What is written for people who are new. now: when they are made, unless they say otherwise."""
    return NewPeople(
        rows_of([person.account for person in people], now),
        [(place, person.password_hash) for place, person in enumerate(people) if person.password_hash],
        [(place, name) for place, person in enumerate(people) for name in person.roles],
    )


def marks_of(people: Sequence[Person]) -> Marks:
    """What is unique of people."""
    email_keys = []
    external_ids = []
    username_keys = []
    for person in people:
        user = person.account.user
        email_keys.append(user.email.key)
        email_keys.extend(email.key for email, _ in person.account.more_emails)
        if user.external_id is not None:
            external_ids.append(user.external_id)
        if user.username is not None:
            username_keys.append(user.username.key)
    return Marks(email_keys, external_ids, username_keys)
