"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.users import events, permissions, problems
from doorward.domain.users.delete import JOB, purge_users
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.tables import user_emails, users
from doorward.kernel.feature import Feature

USERS: Final = Feature(
    name="users",
    tables=(users, user_emails),
    settings={"users": UsersSettings},
    permissions=(
        permissions.READ_USERS,
        permissions.WRITE_USERS,
        permissions.SUSPEND_USERS,
        permissions.DELETE_USERS,
        permissions.READ_ME,
        permissions.WRITE_ME,
    ),
    events=(
        events.UserCreated,
        events.UserUpdated,
        events.UserSuspendedEvent,
        events.UserReinstated,
        events.UserDeletedEvent,
        events.UserRestored,
        events.UserErased,
        events.EmailAdded,
        events.EmailRemoved,
        events.EmailVerified,
        events.PrimaryEmailChanged,
    ),
    problems=(
        problems.UsernameTaken,
        problems.EmailTaken,
        problems.ExternalIdTaken,
        problems.UserNotFound,
        problems.UserSuspended,
        problems.UserDeleted,
        problems.LastAdministrator,
        problems.RestoreWindowOver,
        problems.UserNotDeleted,
        problems.EmailNotFound,
        problems.EmailIsPrimary,
        problems.EmailNotVerified,
    ),
    jobs={JOB: purge_users},
    recurring={JOB: timedelta(hours=1)},
)
