"""What a transaction can reach: one object, made once by the composition root and handed down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from doorward.infra.crypto.hashing import HashingPool
from doorward.infra.crypto.sealing import Sealer
from doorward.infra.crypto.tokens import Stamper
from doorward.infra.database.driver import Database
from doorward.infra.database.explain import SlowPlans
from doorward.infra.database.replica import Replica
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.mailer.mail import Mailer
from doorward.infra.telemetry.figures import Figures
from doorward.kernel.actor import Actor
from doorward.kernel.clock import Clock

Section = TypeVar("Section")


@dataclass(slots=True)
class Tools:
    """The parts of a running Doorward below its domain.

    sections: the settings of each slice, by class. held: what a slice keeps in memory, by class, such as the ring of
    signing keys. wake_worker: called after a commit that queued work. mailer: how mail leaves; None where it is off.
    reactions: by type of event, what follows from it in the transaction that records it. figures: what is counted for
    metrics. plans: of slow statements, for the log. replica: for what may be a few seconds old; None where there is none.
    """

    database: Database
    clock: Clock
    hashing: HashingPool
    sealer: Sealer
    stamper: Stamper
    sections: Mapping[type, Any]
    figures: Figures = field(default_factory=Figures)
    plans: SlowPlans = field(default_factory=SlowPlans)
    held: dict[type, Any] = field(default_factory=dict)
    wake_worker: Callable[[], None] | None = None
    mailer: Mailer | None = None
    replica: Replica | None = None
    reactions: Mapping[str, Sequence[Callable[[Tx, Any], Awaitable[None]]]] = field(default_factory=dict)

    def section(self, of: type[Section]) -> Section:
        """The settings of one slice."""
        section: Section = self.sections[of]
        return section

    def hold(self, of: type[Section]) -> Section:
        """The one instance of a class that this process keeps, made without arguments at the first use."""
        if of not in self.held:
            self.held[of] = of()
        instance: Section = self.held[of]
        return instance

    @asynccontextmanager
    async def writing(self, actor: Actor) -> AsyncIterator[Tx]:
        """A transaction that may change things. It commits at the end, or when a Problem that keeps work leaves it."""
        tx = Tx(self, actor, writable=True, database_settings=self.section(DatabaseSettings))
        try:
            yield tx
        except BaseException as error:
            await tx.finish(error)
            raise
        await tx.finish(None)

    def reader(self, actor: Actor) -> Tx:
        """Access for reading, where the hottest paths save the context manager of `reading`."""
        return Tx(self, actor, writable=False, database_settings=self.section(DatabaseSettings))

    @asynccontextmanager
    async def reading(self, actor: Actor, *, may_lag: bool = False) -> AsyncIterator[Tx]:
        """Access to the database for reading only; each statement sees what is committed at its moment.

        may_lag: it may also see what was committed some seconds before (`database.replica_lag_seconds`). Never for what
        decides anything: who asks, whether they may, what works once.
        """
        reads = self.replica if may_lag else None
        tx = Tx(self, actor, writable=False, database_settings=self.section(DatabaseSettings), reads=reads)
        yield tx
        tx.close()
