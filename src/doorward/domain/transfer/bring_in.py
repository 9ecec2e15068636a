"""Bring many users in: checked one by one, written some thousands at a time, each chunk whole or not at all.

What the database refuses makes its chunk go one by one, so that only the offending record is rejected. Everything may be
done again without harm: who is there already is found by id, external id or email address.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from doorward.domain.credentials.keep import add_credentials, credentials_of_many
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.roles.events import RoleGranted
from doorward.domain.roles.holders import give_many, role_names_of
from doorward.domain.roles.manage import list_roles, refuse_escalation
from doorward.domain.roles.rules import MEMBER, WRITE_ROLES
from doorward.domain.transfer.check import Person, Rules, check_person
from doorward.domain.transfer.existing import (
    PASSWORD,
    is_unchanged,
    match,
    refuse_taken,
    update_existing,
)
from doorward.domain.transfer.read import Record
from doorward.domain.users.create_many import Known, find_known, insert_users
from doorward.domain.users.permissions import WRITE_USERS
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.dialect import works_apart
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor
from doorward.kernel.ids import ROLE, encode
from doorward.kernel.permission import require
from doorward.kernel.problem import FieldError, InvalidInput, Kind, Problem

Existing = Literal["skip", "update", "reject"]

CHUNK: Final = 5000
# How many records are checked before the database's answers get their turn.
_TURN: Final = 40
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
class Reject:
    """A record that did not come in, and each reason."""

    record: Record
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What an import does. existing: with users who are there already. source: what the events say it was."""

    existing: Existing = "skip"
    dry_run: bool = False
    source: str = "import"
    chunk: int = CHUNK


@dataclass(slots=True)
class _Chunk:
    """Checked records that are settled together."""

    read: int = 0
    people: list[Person] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


@dataclass(slots=True)
class _Seen:
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


class Import:
    """One import. settled: called after each chunk, when what became of it is durable."""

    def __init__(
        self, tools: Tools, actor: Actor, choices: Choices, settled: Callable[[Tally, Sequence[Reject]], None]
    ) -> None:
        self._tools = tools
        self._actor = actor
        self._choices = choices
        self._settled = settled
        self._seen = _Seen()
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
        return Rules(
            users=self._tools.section(UsersSettings),
            passwords=self._tools.section(PasswordSettings),
            hasher=self._tools.hashing.hasher,
            roles=roles,
            now=self._tools.clock.now(),
        )

    async def run(self, records: Iterator[Record]) -> Tally:
        """Brings in every record. Raises a Problem of the database when it stays away; what was settled is kept."""
        rules = await self.rules()
        apart = works_apart(self._tools.database.name)

        async def prepare() -> _Chunk:
            return await self._prepare(records, rules, in_turns=apart)

        chunk = await prepare()
        while chunk.read:
            if apart:
                # The database writes this chunk while the next one is read and checked.
                following = asyncio.create_task(prepare())
                try:
                    await self.settle(chunk.people, chunk.rejects, read=chunk.read)
                except BaseException:
                    following.cancel()
                    with contextlib.suppress(BaseException):
                        await following
                    raise
                chunk = await following
            else:
                await self.settle(chunk.people, chunk.rejects, read=chunk.read)
                chunk = await prepare()
        return self.tally

    async def _prepare(self, records: Iterator[Record], rules: Rules, *, in_turns: bool) -> _Chunk:
        chunk = _Chunk()
        for record in records:
            chunk.read += 1
            try:
                chunk.people.append(check_person(record, rules))
            except InvalidInput as problem:
                chunk.rejects.append(Reject(record, problem.errors))
            if in_turns and chunk.read % _TURN == 0:
                await asyncio.sleep(0)
            if chunk.read >= self._choices.chunk:
                break
        return chunk

    async def settle(self, people: Sequence[Person], rejects: Sequence[Reject] = (), *, read: int) -> None:
        """Writes a chunk and tells what became of it. read: how many records it stands for."""
        refused = list(rejects)
        sorted_out = await _patiently(lambda: self._sort(people))
        refused += sorted_out.refused
        fresh, later = sorted_out.fresh, sorted_out.later
        if self._choices.dry_run:
            self.tally.created += len(fresh)
            refused += [reject for person in later if (reject := self._foretell(person)) is not None]
        else:
            refused += await self._hash([*fresh, *later])
            fresh = [person for person in fresh if person.password is None]
            if await _patiently(lambda: self._write(fresh)):
                self.tally.created += len(fresh)
            else:
                later = [*fresh, *later]
            for person in later:
                reject = await _patiently(lambda person=person: self._settle_one(person))  # type: ignore[misc]  # mypy loses the default's type
                if reject is not None:
                    refused.append(reject)
        self.tally.read += read
        self.tally.rejected += len(refused)
        refused.sort(key=lambda reject: reject.record.line)
        self._settled(self.tally, refused)

    async def _sort(self, people: Sequence[Person]) -> _Sorted:
        """Tells who is new from who is there already, and settles those for whom nothing is to be done."""
        done = _Sorted()
        there: list[tuple[Person, UserRow]] = []
        seen = self._seen if self._choices.dry_run else _Seen()
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

    async def _write(self, fresh: Sequence[Person]) -> bool:
        """Writes all who are new at once; answers no, with nothing written, when the database refuses one of them."""
        if not fresh:
            return True
        try:
            async with self._tools.writing(self._actor) as tx:
                await insert_people(tx, fresh, source=self._choices.source)
        except Problem as problem:
            if problem.kind in _THEIRS:
                return False
            raise
        return True

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
                await insert_people(tx, [person], source=self._choices.source)
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


async def insert_people(tx: Tx, people: Sequence[Person], *, source: str) -> None:
    """Inserts new users with what belongs to them, all at once. Raises what the database finds taken, for any of them."""
    await insert_users(tx, [person.account for person in people], source=source)
    hashes = [(person.account.id, {"hash": person.password_hash}) for person in people if person.password_hash]
    await add_credentials(tx, method=PASSWORD, given=hashes)
    granted = [(person.account.id, role) for person in people for role in person.roles.items()]
    await give_many(tx, [(user_id, role_id) for user_id, (_, role_id) in granted])
    for user_id, (name, role_id) in granted:
        tx.emit(RoleGranted(user_id=user_id, target=encode(ROLE, role_id), name=name))


async def _look_up(tx: Tx, people: Sequence[Person]) -> Known:
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
    return await find_known(
        tx,
        ids=[person.account.id for person in people if person.has_id],
        external_ids=external_ids,
        email_keys=email_keys,
        username_keys=username_keys,
    )


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
