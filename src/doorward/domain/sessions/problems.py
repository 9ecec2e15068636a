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


class StepUpRequired(Problem):
    """The operation is sensitive, and the user proved who they are too long ago. They do it again at `POST /v1/me/step-up`
    (RFC 9470) and repeat the request with what that answers.

    Remedy: Do that, and send the request again with the new access token.
    """

    code = "step-up-required"
    kind = Kind.UNAUTHENTICATED
    title = "Prove again who you are"

    def __init__(self, max_age: int) -> None:
        challenge = (
            'Bearer realm="doorward", error="insufficient_user_authentication", '
            f'error_description="More recent authentication is required", max_age="{max_age}"'
        )
        super().__init__(
            "Begin with POST /v1/me/step-up, and send the request again with the session that it ends in.",
            headers=(("www-authenticate", challenge),),
            facts={"max_age": max_age},
        )


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
