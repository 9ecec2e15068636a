"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.one_time.problems import CodeWrong, LinkInvalid, LinkNeedsMore
from doorward.domain.one_time.tables import one_time_values
from doorward.domain.one_time.values import JOB, purge_values
from doorward.kernel.feature import Feature

ONE_TIME: Final = Feature(
    name="one_time",
    tables=(one_time_values,),
    problems=(LinkInvalid, LinkNeedsMore, CodeWrong),
    jobs={JOB: purge_values},
    recurring={JOB: timedelta(hours=1)},
)
