"""What can go wrong with a user, each with its remedy."""

from __future__ import annotations

from datetime import datetime

from doorward.kernel.clock import wire
from doorward.kernel.problem import FieldError, Kind, NotFound, Problem


class UsernameTaken(Problem):
    """Another account has this username, in this or another spelling. Deleted accounts keep theirs until they are erased."""

    code = "username-taken"
    kind = Kind.CONFLICT
    title = "This username is taken"

    def __init__(self, *, pointer: str = "/username") -> None:
        detail = "Another account has this username. Choose another."
        super().__init__(detail, errors=[FieldError(pointer, self.code, detail)])


class EmailTaken(Problem):
    """Another account has this email address, in this or another spelling. An address belongs to one account."""

    code = "email-taken"
    kind = Kind.CONFLICT
    title = "This email address is taken"

    def __init__(self, *, pointer: str = "/email") -> None:
        detail = "Another account has this email address. Use another, or sign in to that account."
        super().__init__(detail, errors=[FieldError(pointer, self.code, detail)])


class UserNotFound(NotFound):
    """There is no such user, or the caller may not know that there is. Erased users are not found."""

    code = "user-not-found"
    title = "There is no such user"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or "Check the id. A list of users, also of deleted ones, comes from GET /v1/users.")


class UserSuspended(Problem):
    """An administrator suspended the account: it can neither sign in nor use sessions and tokens that it has."""

    code = "user-suspended"
    kind = Kind.FORBIDDEN
    title = "This account is suspended"

    def __init__(self, *, until: datetime | None = None) -> None:
        if until is None:
            super().__init__("An administrator suspended this account. Ask one to reinstate it.")
        else:
            super().__init__(
                "An administrator suspended this account for a time. Wait until it ends, or ask one to reinstate it.",
                facts={"until": wire(until)},
            )


class UserDeleted(Problem):
    """The account was deleted and waits for its erasure: it can neither sign in nor use sessions and tokens that it had."""

    code = "user-deleted"
    kind = Kind.FORBIDDEN
    title = "This account is deleted"

    def __init__(self) -> None:
        super().__init__(
            "This account was deleted. Ask an administrator soon to restore it: after its grace period it is erased."
        )


class LastAdministrator(Problem):
    """The change would leave nobody who can administer: the last active administrator stays one."""

    code = "last-administrator"
    kind = Kind.CONFLICT
    title = "This is the last administrator"

    def __init__(self) -> None:
        super().__init__("Nobody could administer after this. Make another active user an administrator first.")


class RestoreWindowOver(Problem):
    """The user was deleted too long ago to be restored: the grace period for restoring is over."""

    code = "restore-window-over"
    kind = Kind.GONE
    title = "It is too late to restore this user"

    def __init__(self) -> None:
        super().__init__("The grace period after the deletion is over. Create a new user instead.")


class ExternalIdTaken(Problem):
    """Another account carries this external id."""

    code = "external-id-taken"
    kind = Kind.CONFLICT
    title = "This external id is taken"

    def __init__(self, *, pointer: str = "/external_id") -> None:
        detail = "Another account carries this external id. Use another, or change that account."
        super().__init__(detail, errors=[FieldError(pointer, self.code, detail)])


class EmailNotFound(Problem):
    """The user has no such email address."""

    code = "email-not-found"
    kind = Kind.NOT_FOUND
    title = "No such email address"

    def __init__(self) -> None:
        super().__init__("List the email addresses to see their ids.")


class EmailIsPrimary(Problem):
    """The primary email address cannot be removed."""

    code = "email-is-primary"
    kind = Kind.CONFLICT
    title = "This is the primary address"

    def __init__(self) -> None:
        super().__init__("Make another verified address the primary one first.")


class EmailNotVerified(Problem):
    """Only a verified email address can become the primary one."""

    code = "email-not-verified"
    kind = Kind.CONFLICT
    title = "This address is not verified"

    def __init__(self) -> None:
        super().__init__("Verify the address first. An administrator can also mark it as verified.")


class UserNotDeleted(Problem):
    """Only a deleted user can be restored."""

    code = "user-not-deleted"
    kind = Kind.CONFLICT
    title = "This user is not deleted"

    def __init__(self) -> None:
        super().__init__("There is nothing to restore.")
