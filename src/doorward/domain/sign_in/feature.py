"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.sign_in.attempts import JOB, purge_attempts
from doorward.domain.sign_in.events import FactorResetApplied, FactorResetBegun, FactorResetCancelled, SignInRefused
from doorward.domain.sign_in.explain import SupportCodeNotFound
from doorward.domain.sign_in.factor_reset import CANCEL, apply_factor_reset
from doorward.domain.sign_in.factor_reset import JOB as RESET_JOB
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.sign_in.tables import sign_in_attempts, sign_in_traces
from doorward.domain.sign_in.trace import JOB as TRACES_JOB
from doorward.domain.sign_in.trace import purge_traces
from doorward.kernel.feature import Feature

SIGN_IN: Final = Feature(
    name="sign_in",
    tables=(sign_in_attempts, sign_in_traces),
    settings={"sign_in": SignInSettings},
    events=(SignInRefused, FactorResetBegun, FactorResetCancelled, FactorResetApplied),
    problems=(SignInFailed, AttemptInvalid, SupportCodeNotFound),
    jobs={JOB: purge_attempts, TRACES_JOB: purge_traces, RESET_JOB: apply_factor_reset},
    links=(CANCEL,),
    recurring={JOB: timedelta(hours=1), TRACES_JOB: timedelta(days=1)},
)
