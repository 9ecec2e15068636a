"""Examples of signing up, signing in, refreshing and signing out."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "POST /v1/sign-up": Example(
        body={"email": "ada@example.com", "password": "correct staple battery 9", "name": "Ada Lovelace"},
        answer="user",
        shows=("id", "email", "status"),
    ),
    "POST /v1/sign-in": Example(
        body={"identifier": "ada@example.com", "password": "correct staple battery 9"},
        answer="signed_in",
        shows=("status", "access_token", "refresh_token"),
        note="Where a second factor is asked for, `status` is `pending`, and the `prompts` are answered below.",
    ),
    "POST /v1/sign-in/{attempt}/answers": Example(
        body={"answers": {"password": "correct staple battery 9"}},
        answer="signed_in",
        shows=("status", "access_token", "refresh_token"),
        note="`password` is the name of the prompt that the sign-in answered with.",
    ),
    "POST /v1/tokens/refresh": Example(
        body={"refresh_token": "$REFRESH"},
        answer="tokens",
        shows=("access_token", "refresh_token", "expires_in"),
    ),
    "POST /v1/sign-out": Example(),
}
