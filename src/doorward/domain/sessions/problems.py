"""What can go wrong with sessions."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class SessionNotFound(Problem):
    """There is no such session, or it has ended, or it is somebody else's."""

    code = "session-not-found"
    kind = Kind.NOT_FOUND
    title = "No such session"

    def __init__(self) -> None:
        super().__init__("List the sessions to see those that are open.")


class RefreshTokenInvalid(Problem):
    """The refresh token is not one of ours, or its session has ended or run out."""

    code = "refresh-token-invalid"
    kind = Kind.UNAUTHENTICATED
    title = "The refresh token is not valid"

    def __init__(self) -> None:
        super().__init__(
            "Sign in again.", headers=(("www-authenticate", 'Bearer realm="doorward", error="invalid_token"'),)
        )


class RefreshTokenReuse(Problem):
    """The refresh token was exchanged before. Two parties may hold it, so the session and all its tokens were ended."""

    code = "refresh-token-reused"
    kind = Kind.UNAUTHENTICATED
    title = "The refresh token was used before"
    keeps_work = True

    def __init__(self) -> None:
        super().__init__(
            "The session was ended to protect the account. Sign in again, and store only the newest refresh token.",
            headers=(("www-authenticate", 'Bearer realm="doorward", error="invalid_token"'),),
        )
