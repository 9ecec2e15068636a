"""What is shown of signing in."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.methods.method import Prompt
from doorward.domain.sessions.views import SessionView, session_view
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.users.views import OwnUserView, own_user_view


class PromptView(TypedDict):
    """Something to ask the person for."""

    name: Annotated[str, Field(description="What the answer is called.", examples=["password"])]
    kind: Annotated[
        Literal["text", "secret", "code", "choice", "redirect", "browser-credential"],
        Field(description="How to draw it."),
    ]
    method: str
    title: str
    data: NotRequired[
        Annotated[
            dict[str, Any], Field(description="What drawing it takes: the options of a choice or a browser credential.")
        ]
    ]


class PendingView(TypedDict):
    """More is needed."""

    status: Literal["pending"]
    attempt: Annotated[str, Field(description="Answer under POST /v1/sign-in/{attempt}/answers.")]
    prompts: list[PromptView]


class CompleteView(TypedDict):
    """Signed in. A sign-in by cookie carries no tokens."""

    status: Literal["complete"]
    user: OwnUserView
    session: SessionView
    access_token: NotRequired[str]
    refresh_token: NotRequired[str]
    token_type: NotRequired[Literal["Bearer"]]
    expires_in: NotRequired[Annotated[int, Field(description="Seconds until the access token ends.")]]
    device_token: NotRequired[
        Annotated[str, Field(description="What this device is known by. Keep it, and send it with the next sign-in.")]
    ]


class TokensView(TypedDict):
    """New tokens."""

    access_token: str
    refresh_token: Annotated[str, Field(description="Replaces the one that was sent.")]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Seconds until the access token ends.")]


def outcome_view(outcome: Complete | Pending) -> CompleteView | PendingView:
    """The outcome of signing in as it is shown; the cookie is not part of it."""
    if isinstance(outcome, Pending):
        return {
            "status": "pending",
            "attempt": outcome.attempt,
            "prompts": [_prompt_view(prompt) for prompt in outcome.prompts],
        }
    view: CompleteView = {
        "status": "complete",
        "user": own_user_view(outcome.user),
        "session": session_view(outcome.session, current=outcome.session.id),
    }
    if outcome.access_token is not None and outcome.refresh_token is not None:
        view["access_token"] = outcome.access_token
        view["refresh_token"] = outcome.refresh_token
        view["token_type"] = "Bearer"  # noqa: S105 - a kind, no secret
        view["expires_in"] = outcome.expires_in
        if outcome.device_secret is not None:
            view["device_token"] = outcome.device_secret
    return view


def _prompt_view(prompt: Prompt) -> PromptView:
    view: PromptView = {"name": prompt.name, "kind": prompt.kind, "method": prompt.method, "title": prompt.title}
    if prompt.data is not None:
        view["data"] = dict(prompt.data)
    return view
