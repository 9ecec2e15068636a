"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.sessions.events import RefreshTokenReused, SessionEnded, SessionRefreshed, SessionStarted
from doorward.domain.sessions.problems import RefreshTokenInvalid, RefreshTokenReuse, SessionNotFound, StepUpRequired
from doorward.domain.sessions.purge import JOB, purge_sessions
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sessions.tables import sessions
from doorward.kernel.feature import Feature
from doorward.kernel.permission import Permission

READ_SESSIONS: Final = Permission("sessions:read", "See the sessions of any user.")
END_SESSIONS: Final = Permission("sessions:end", "End the sessions of any user.")

SESSIONS: Final = Feature(
    name="sessions",
    tables=(sessions,),
    settings={"sessions": SessionsSettings},
    permissions=(READ_SESSIONS, END_SESSIONS),
    events=(SessionStarted, SessionRefreshed, SessionEnded, RefreshTokenReused),
    problems=(SessionNotFound, RefreshTokenInvalid, RefreshTokenReuse, StepUpRequired),
    jobs={JOB: purge_sessions},
    recurring={JOB: timedelta(hours=1)},
)
