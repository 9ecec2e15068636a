"""Everything that can go wrong on purpose, as one class per failure (RFC 9457).

A problem says what happened in words a caller can act on; its kind alone decides the HTTP status and the gRPC code.
Nothing that a caller sent is ever repeated in a problem: input may hold a password.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

type_base = "https://doorward.dev/problems/"


class Kind(Enum):
    """The families of failure. The value is (HTTP status, gRPC code name)."""

    MALFORMED = (400, "INVALID_ARGUMENT")
    UNAUTHENTICATED = (401, "UNAUTHENTICATED")
    FORBIDDEN = (403, "PERMISSION_DENIED")
    NOT_FOUND = (404, "NOT_FOUND")
    METHOD_NOT_ALLOWED = (405, "UNIMPLEMENTED")
    NOT_ACCEPTABLE = (406, "INVALID_ARGUMENT")
    TIMEOUT = (408, "DEADLINE_EXCEEDED")
    CONFLICT = (409, "ALREADY_EXISTS")
    GONE = (410, "NOT_FOUND")
    PRECONDITION_FAILED = (412, "FAILED_PRECONDITION")
    TOO_LARGE = (413, "INVALID_ARGUMENT")
    UNSUPPORTED_MEDIA = (415, "INVALID_ARGUMENT")
    INVALID = (422, "INVALID_ARGUMENT")
    TOO_MANY = (429, "RESOURCE_EXHAUSTED")
    HEADERS_TOO_LARGE = (431, "INVALID_ARGUMENT")
    INTERNAL = (500, "INTERNAL")
    UNAVAILABLE = (503, "UNAVAILABLE")
    STORAGE_FULL = (507, "RESOURCE_EXHAUSTED")

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.value[0]

    @property
    def grpc(self) -> str:
        """The name of the gRPC status code."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one part of the input.

    pointer: where, as a JSON pointer (RFC 6901) such as `/email`; a query parameter is `/query/limit`, a header
    `/header/if-match`. code: a stable word to translate by. detail: which rule was broken and how to mend it.
    """

    pointer: str
    code: str
    detail: str


Fact = str | int | bool | None


class Problem(Exception):  # noqa: N818 - the field's word, and the base of every failure that a caller may see
    """A failure a caller may see.

    A subclass sets `code` (a stable word), `kind` and `title`, and describes itself in its docstring, which becomes its
    page in the documentation. `detail` says what happened this time and what to do; `facts` are further public members.
    `keeps_work` marks a failure whose writes are committed before it is raised, such as the end of a session family
    after a refresh token was used twice.
    """

    code: ClassVar[str] = "problem"
    kind: ClassVar[Kind] = Kind.INTERNAL
    title: ClassVar[str] = "Something went wrong"
    keeps_work: ClassVar[bool] = False

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        headers: Sequence[tuple[str, str]] = (),
        facts: dict[str, Fact] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.headers = tuple(headers)
        self.facts: dict[str, Fact] = facts or {}

    def document(self, *, instance: str, request_id: str) -> dict[str, object]:
        """The problem as the members of an `application/problem+json` document (RFC 9457 section 3).

        instance: the path of the request, without its query. request_id: what the log line of the request carries.
        """
        members: dict[str, object] = {
            "type": type_base + self.code,
            "title": self.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "request_id": request_id,
        }
        if self.errors:
            members["errors"] = [
                {"pointer": error.pointer, "code": error.code, "detail": error.detail} for error in self.errors
            ]
        members.update(self.facts)
        return members


class InvalidInput(Problem):
    """The request was understood, but a value in it breaks a rule. `errors` names each place, the rule and the remedy."""

    code = "invalid-input"
    kind = Kind.INVALID
    title = "Some of the input is not valid"

    def __init__(self, *errors: FieldError, detail: str = "") -> None:
        super().__init__(detail or "Mend what `errors` lists and send the request again.", errors=errors)


class NotFound(Problem):
    """There is no such thing, or the caller may not know that there is.

    Remedy: Check the address and the id in it.
    """

    code = "not-found"
    kind = Kind.NOT_FOUND
    title = "Not found"


class Unauthenticated(Problem):
    """The request carries no valid proof of who is asking: no token or cookie, or one that is expired or was revoked."""

    code = "unauthenticated"
    kind = Kind.UNAUTHENTICATED
    title = "Sign in first"

    def __init__(self, detail: str = "", *, error: str = "") -> None:
        challenge = 'Bearer realm="doorward"' + (f', error="{error}"' if error else "")
        super().__init__(
            detail or "Send a valid access token as 'Authorization: Bearer <token>', or sign in again.",
            headers=(("www-authenticate", challenge),),
        )


class Forbidden(Problem):
    """The caller is known but lacks the permission that the operation asks for.

    Remedy: The detail names the permission. An administrator can grant a role that has it.
    """

    code = "forbidden"
    kind = Kind.FORBIDDEN
    title = "Not allowed"


class PreconditionFailed(Problem):
    """The thing changed since the caller read it: the ETag in If-Match is not its present one (RFC 9110 section 13.1.1)."""

    code = "precondition-failed"
    kind = Kind.PRECONDITION_FAILED
    title = "It has changed in the meantime"

    def __init__(self) -> None:
        super().__init__("Read it again, apply your change to what you find, and send its new ETag in If-Match.")


class Unavailable(Problem):
    """A part that the request needs is away or too busy for the moment. Trying again later is right.

    Remedy: Send the request again after `Retry-After` seconds.
    """

    code = "unavailable"
    kind = Kind.UNAVAILABLE
    title = "Not available at the moment"

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail or f"Try again in {retry_after} s.", retry_after=retry_after)


class Internal(Problem):
    """Something failed that should not. The request id leads the operator to the log entry."""

    code = "internal"
    kind = Kind.INTERNAL
    title = "An error on our side"

    def __init__(self) -> None:
        super().__init__("The failure was logged. Give the operator the request_id of this answer.")
