"""What this layer brings by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.infra import idempotency
from doorward.infra.database import problems
from doorward.infra.limits import database as limits
from doorward.infra.outbox.tables import event_persons, events, jobs, schedules
from doorward.kernel.feature import Feature

INFRA: Final = Feature(
    name="infra",
    tables=(events, event_persons, jobs, schedules, idempotency.idempotency_keys, limits.rate_limit_counts),
    problems=(
        problems.DatabaseUnavailable,
        problems.DatabaseBusy,
        problems.StatementTimeout,
        problems.StorageFull,
        problems.Conflict,
        idempotency.AnsweredAlready,
        idempotency.KeyReused,
    ),
    jobs={idempotency.JOB: idempotency.purge_answers, limits.JOB: limits.purge_counts},
    recurring={idempotency.JOB: timedelta(hours=1), limits.JOB: timedelta(hours=1)},
)
