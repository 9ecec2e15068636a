"""The section `sessions`: how long people stay signed in."""

from __future__ import annotations

from pydantic import BaseModel, Field


class SessionsSettings(BaseModel):
    """Sessions and the tokens that belong to them."""

    idle_seconds: int = Field(
        default=14 * 86400,
        ge=60,
        description="A session that is not used for so long ends. At most the absolute limit.",
    )
    absolute_seconds: int = Field(
        default=30 * 86400, ge=300, description="A session ends so long after signing in, however much it is used."
    )
    most_per_user: int = Field(
        default=0,
        ge=0,
        description="How many sessions a user may have at one time; beginning another ends the oldest. 0: any number.",
    )
    access_token_seconds: int = Field(
        default=600,
        ge=30,
        le=86400,
        description="Lifetime of an access token. Its session is checked at every use anyway.",
    )
    refresh_grace_seconds: int = Field(
        default=30,
        ge=0,
        le=600,
        description="For so long after a rotation the previous refresh token still answers with the same successor, for "
        "clients that lost the answer or asked twice at once. Later, using it again ends the session.",
    )
    step_up_seconds: int = Field(
        default=900,
        ge=60,
        le=86400,
        description="How long after proving who they are people may do what is sensitive, such as changing a factor, "
        "without proving it again.",
    )
    touch_seconds: int = Field(
        default=60, ge=1, description="How old the recorded last use of a session may be before it is written again."
    )
    keep_ended_days: int = Field(
        default=30, ge=0, description="For how many days an ended session is kept before it is forgotten."
    )
