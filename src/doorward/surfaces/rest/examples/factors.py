"""Examples of one's own second factors."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "POST /v1/me/totp": Example(answer="app", shows=("enrollment", "secret")),
    "POST /v1/me/totp/confirm": Example(
        body={"enrollment": "$ENROLLMENT", "code": "$CODE", "label": "Phone"}, answer="app", shows=("id", "label")
    ),
    "GET /v1/me/recovery-codes": Example(answer="recovery_codes", shows=("left", "few")),
    "POST /v1/me/recovery-codes": Example(answer="made", shows=("codes.0",)),
}
