"""Bring many users in: checked one by one, written some thousands at a time, each chunk whole or not at all.

What the database refuses makes its chunk go one by one, so that only the offending record is rejected. Everything may be
done again without harm: who is there already is found by id, external id or email address.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar
from uuid import UUID

from doorward.domain.credentials.keep import add_credentials, credentials_of_many
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.roles.events import RoleGranted
from doorward.domain.roles.holders import give_many, role_names_of
from doorward.domain.roles.manage import list_roles, refuse_escalation
from doorward.domain.roles.rules import MEMBER, WRITE_ROLES
from doorward.domain.transfer.check import Person, Rules
from doorward.domain.transfer.existing import (
    PASSWORD,
    is_unchanged,
    match,
    refuse_taken,
    update_existing,
)
from doorward.domain.transfer.prepare import (
    CHUNK,
    Chunk,
    Marks,
    NewPeople,
    Reject,
    Seen,
    marks_of,
    new_people,
    pack,
    prepare,
    unpack,
)
from doorward.domain.transfer.read import Reader, Record
from doorward.domain.users.create_many import Known, find_known, insert_rows
from doorward.domain.users.permissions import WRITE_USERS
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.infra.beside import Beside
from doorward.infra.database.dialect import works_apart
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor
from doorward.kernel.clock import Clock
from doorward.kernel.ids import ROLE, encode, new_row_ids
from doorward.kernel.permission import require
from doorward.kernel.problem import FieldError, Kind, Problem

Existing = Literal["skip", "update", "reject"]

_ATTEMPTS: Final = 6
_HASHED_AT_ONCE: Final = 8
_THEIRS: Final = frozenset({Kind.CONFLICT, Kind.INVALID, Kind.NOT_FOUND, Kind.FORBIDDEN, Kind.GONE})

_Result = TypeVar("_Result")


@dataclass(slots=True)
class Tally:
    """How an import stands. read: records settled so far, of which the others tell what became of them."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """What an import does. existing: with users who are there already. source: what the events say it was."""

    existing: Existing = "skip"
    dry_run: bool = False
    source: str = "import"
    chunk: int = CHUNK


Settled = Callable[[Tally, Sequence[Reject], int | None], None]


def checking_beside(reader: Reader) -> Beside:
    """A process that reads and checks the rest of a file beside this one, for `Import.run_beside`."""

    def check(given: tuple[Rules, int]) -> Iterator[bytes]:
        rules, size = given
        for chunk in prepare(iter(reader), rules, size, Clock().now, reader.bytes_read):
            if chunk is not None:
                yield pack(chunk)

    return Beside(check)


class Import:
    """One import. settled: called after each chunk, when what became of it is durable, with how far in the file it ends."""

    def __init__(self, tools: Tools, actor: Actor, choices: Choices, settled: Settled) -> None:
        self._tools = tools
        self._actor = actor
        self._choices = choices
        self._settled = settled
        self._seen = Seen()
        self._roles: Mapping[str, UUID] = {}
        self.tally = Tally()

    async def rules(self) -> Rules:
        """What records are checked by. Raises Forbidden for whoever may not make users and grant roles."""
        async with self._tools.reading(self._actor) as tx:
            require(tx.actor, WRITE_USERS)
            require(tx.actor, WRITE_ROLES)
            roles = {}
            for role in await list_roles(tx):
                if role.id != MEMBER.id:
                    refuse_escalation(tx, (role.permissions or "").split())
                    roles[role.name] = role.id
        self._roles = roles
        return Rules(
            users=self._tools.section(UsersSettings),
            passwords=self._tools.section(PasswordSettings),
            hasher=self._tools.hashing.hasher,
            roles=roles,
            now=self._tools.clock.now(),
        )

    async def run(self, records: Iterator[Record], *, bytes_read: Callable[[], int | None] = lambda: None) -> Tally:
        """Brings in every record. bytes_read: how far the reading is.

        Raises a Problem of the database when it stays away; what was settled is kept.
        """
        prepared = prepare(records, await self.rules(), self._choices.chunk, self._tools.clock.now, bytes_read)
        apart = works_apart(self._tools.database.name)

        async def following() -> Chunk | None:
            for chunk in prepared:
                if chunk is not None:
                    return chunk
                if apart:
                    await asyncio.sleep(0)
            return None

        return await self._settle_all(following, beside=apart)

    async def run_beside(self, checking: Beside) -> Tally:
        """Brings in what a process of `checking_beside` reads and checks, as `run` does."""
        rules = await self.rules()
        checking.begin((rules, self._choices.chunk))

        async def following() -> Chunk | None:
            packed = await checking.next()
            return None if packed is None else unpack(packed, rules)

        return await self._settle_all(following, beside=True)

    async def _settle_all(self, following: Callable[[], Awaitable[Chunk | None]], *, beside: bool) -> Tally:
        """Brings in chunks until there is none. beside: whether the next one may come while the database writes one."""
        chunk = await following()
        while chunk is not None:
            if not beside:
                await self.settle(chunk)
                chunk = await following()
                continue
            coming = asyncio.ensure_future(following())
            try:
                await self.settle(chunk)
            except BaseException:
                coming.cancel()
                with contextlib.suppress(BaseException):
                    await coming
                raise
            chunk = await coming
        return self.tally

    async def settle(self, chunk: Chunk) -> None:
        """Writes a chunk and tells what became of it."""
        refused = list(chunk.rejects)
        if not await self._write_straight(chunk):
            refused += await self._settle_each(chunk.people())
        self.tally.read += chunk.read
        self.tally.rejected += len(refused)
        refused.sort(key=lambda reject: reject.record.line)
        self._settled(self.tally, refused, chunk.read_bytes)

    async def _write_straight(self, chunk: Chunk) -> bool:
        """Writes a chunk of which everybody is new; answers no, with nothing written, where somebody is not."""
        if chunk.straight is None or self._choices.dry_run:
            return False
        marks, new = chunk.straight
        if await _patiently(lambda: self._knows_any(marks)):
            return False
        if not await self._write(new, new_row_ids(len(new.rows.users))):
            return False
        self.tally.created += len(new.rows.users)
        return True

    async def _knows_any(self, marks: Marks) -> bool:
        async with self._tools.reading(self._actor) as tx:
            known = await find_known(tx, ids=[], **marks._asdict())
        return bool(known.by_email_key or known.by_external_id or known.by_username_key)

    async def _settle_each(self, people: Sequence[Person]) -> list[Reject]:
        """Settles people of whom some may be there, or have what others have; answers who is kept out."""
        sorted_out = await _patiently(lambda: self._sort(people))
        refused = sorted_out.refused
        fresh, later = sorted_out.fresh, sorted_out.later
        if self._choices.dry_run:
            self.tally.created += len(fresh)
            return refused + [reject for person in later if (reject := self._foretell(person)) is not None]
        refused += await self._hash([*fresh, *later])
        fresh = [person for person in fresh if person.password is None]
        if await self._write(new_people(fresh, self._tools.clock.now()), [person.account.id for person in fresh]):
            self.tally.created += len(fresh)
        else:
            later = [*fresh, *later]
        for person in later:
            reject = await _patiently(lambda person=person: self._settle_one(person))  # type: ignore[misc]  # mypy loses the default's type
            if reject is not None:
                refused.append(reject)
        return refused

    async def _sort(self, people: Sequence[Person]) -> _Sorted:
        """Tells who is new from who is there already, and settles those for whom nothing is to be done."""
        done = _Sorted()
        there: list[tuple[Person, UserRow]] = []
        seen = self._seen if self._choices.dry_run else Seen()
        async with self._tools.reading(self._actor) as tx:
            known = await _look_up(tx, people)
            for person in people:
                try:
                    row = match(person, known)
                    if row is not None:
                        there.append((person, row))
                        continue
                    refuse_taken(person, known)
                except Problem as problem:
                    if problem.kind is Kind.CONFLICT and not self._choices.dry_run:
                        # Or this very user was made between two queries of this look: a look at them alone tells.
                        done.later.append(person)
                    else:
                        done.refused.append(_rejected(person, problem))
                    continue
                (done.fresh if seen.takes(person) else done.later).append(person)
            if self._choices.existing == "skip":
                self.tally.skipped += len(there)
            elif self._choices.existing == "reject":
                done.refused += [Reject(person.record, (_EXISTS,)) for person, _ in there]
            else:
                ids = [row.id for _, row in there]
                roles = await role_names_of(tx, ids)
                with_password = {row.user_id for row in await credentials_of_many(tx, ids, PASSWORD)}
                for person, row in there:
                    if is_unchanged(person, row, roles.get(row.id, ()), has_password=row.id in with_password):
                        self.tally.unchanged += 1
                    else:
                        done.later.append(person)
        return done

    async def _write(self, new: NewPeople, ids: Sequence[UUID]) -> bool:
        """Writes people at once; answers no, with nothing written, when the database refuses one of them."""

        async def write() -> None:
            async with self._tools.writing(self._actor) as tx:
                await self._insert(tx, new, ids)

        if ids:
            try:
                await _patiently(write)
            except Problem as problem:
                if problem.kind in _THEIRS:
                    return False
                raise
        return True

    async def _insert(self, tx: Tx, new: NewPeople, ids: Sequence[UUID]) -> None:
        """Inserts new users with what belongs to them. Raises what the database finds taken, for any of them."""
        await insert_rows(tx, ids, new.rows, source=self._choices.source)
        await add_credentials(tx, method=PASSWORD, given=[(ids[place], {"hash": hash_}) for place, hash_ in new.hashes])
        granted = [(ids[place], name, self._roles[name]) for place, name in new.roles]
        await give_many(tx, [(user_id, role_id) for user_id, _, role_id in granted])
        for user_id, name, role_id in granted:
            tx.emit(RoleGranted(user_id=user_id, target=encode(ROLE, role_id), name=name))

    async def _settle_one(self, person: Person) -> Reject | None:
        """Writes one person in a transaction of their own."""
        try:
            found = await self._write_one(person)
        except Problem as problem:
            if problem.kind is not Kind.CONFLICT:
                return _rejected(person, problem)
            # Somebody else may have made this very user since we looked; a second look tells.
            try:
                found = await self._write_one(person)
            except Problem as second:
                return _rejected(person, second)
        if not found:
            self.tally.created += 1
        elif self._choices.existing == "update":
            self.tally.updated += 1
        elif self._choices.existing == "skip":
            self.tally.skipped += 1
        else:
            return Reject(person.record, (_EXISTS,))
        return None

    async def _write_one(self, person: Person) -> bool:
        """Makes one person, or updates who is there; answers whether somebody was."""
        async with self._tools.writing(self._actor) as tx:
            known = await _look_up(tx, [person])
            row = match(person, known)
            if row is None:
                refuse_taken(person, known)
                await self._insert(tx, new_people([person], tx.now), [person.account.id])
            elif self._choices.existing == "update":
                await update_existing(tx, row, person)
        return row is not None

    def _foretell(self, person: Person) -> Reject | None:
        """What would become of somebody whom a dry run cannot try on the database: an update, or a twin in the file."""
        same = self._seen.identifies(person)
        if self._choices.existing == "update":
            self.tally.updated += 1
        elif same and self._choices.existing == "skip":
            self.tally.skipped += 1
        else:
            return Reject(person.record, (_EXISTS if same else _TAKEN_IN_FILE,))
        return None

    async def _hash(self, people: Sequence[Person]) -> list[Reject]:
        """Hashes what came as plain text, some at once; answers whose password the scheme cannot take."""
        turns = asyncio.Semaphore(_HASHED_AT_ONCE)
        refused: list[Reject] = []

        async def hash_one(person: Person, password: str) -> None:
            async with turns:
                try:
                    person.password_hash = await self._tools.hashing.hash(password)
                except Problem as problem:
                    if problem.kind not in _THEIRS:
                        raise
                    refused.append(Reject(person.record, problem.errors))
                else:
                    person.password = None

        async with asyncio.TaskGroup() as group:
            for person in people:
                if person.password is not None:
                    group.create_task(hash_one(person, person.password))
        return refused


@dataclass(slots=True)
class _Sorted:
    """fresh: new, and written together. later: settled one by one. refused: with the reasons."""

    fresh: list[Person] = field(default_factory=list)
    later: list[Person] = field(default_factory=list)
    refused: list[Reject] = field(default_factory=list)


_EXISTS: Final = FieldError(
    "", "user-exists", "There is a user with this id, external id or email address. Leave the line out, or update."
)
_TAKEN_IN_FILE: Final = FieldError(
    "", "taken-in-file", "An earlier line has this username or one of these addresses. They belong to one user only."
)


def _rejected(person: Person, problem: Problem) -> Reject:
    """A person whom a problem keeps out. Raises the problem when it is not of their making."""
    if problem.kind not in _THEIRS:
        raise problem
    return Reject(person.record, problem.errors or (FieldError("", problem.code, problem.detail),))


async def _look_up(tx: Tx, people: Sequence[Person]) -> Known:
    ids = [person.account.id for person in people if person.has_id]
    return await find_known(tx, ids=ids, **marks_of(people)._asdict())


async def _patiently(work: Callable[[], Awaitable[_Result]]) -> _Result:
    """Does it again, later and later, while the database is away or busy for the moment."""
    attempt = 0
    while True:
        try:
            return await work()
        except Problem as problem:
            attempt += 1
            if problem.kind is not Kind.UNAVAILABLE or attempt >= _ATTEMPTS:
                raise
        await asyncio.sleep(random.uniform(0.5, 1.0) * 2.0**attempt / 4)  # noqa: S311 - no secret
