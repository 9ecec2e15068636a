"""Examples of passkeys added, and of credentials renamed and removed."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "POST /v1/me/passkeys/options": Example(answer="asked", shows=("options.rp.id", "options.challenge")),
    "POST /v1/me/passkeys": Example(
        body={"credential": "$CREDENTIAL", "label": "Work laptop"}, answer="passkey", shows=("id", "label")
    ),
    "PATCH /v1/me/credentials/{credential_id}": Example(
        body={"label": "Old laptop"}, answer="credential", shows=("id", "label")
    ),
    "DELETE /v1/me/credentials/{credential_id}": Example(answer="removed", shows=("signal.rpId", "signal.userId")),
    "GET /v1/users/{user_id}/credentials": Example(
        needs=("users:read",), answer="credential", shows=("id", "method", "label")
    ),
    "DELETE /v1/users/{user_id}/credentials/{credential_id}": Example(
        needs=("users:write",), answer="removed", shows=("signal.rpId", "signal.userId")
    ),
}
