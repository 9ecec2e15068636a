"""Examples of what mails ask for, and of invitations."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "GET /v1/links": Example(query={"token": "$TOKEN"}, answer="link", shows=("purpose", "needs", "expires_at")),
    "POST /v1/links": Example(body={"token": "$TOKEN"}, answer="link", shows=("status", "purpose")),
    "POST /v1/email-verifications": Example(
        body={"email": "ada@example.com"}, answer="verification", shows=("status", "attempt")
    ),
    "POST /v1/email-verifications/{verification}/answers": Example(body={"code": "$CODE"}),
    "POST /v1/me/emails/{email_id}/verify": Example(answer="verification", shows=("status", "attempt")),
    "POST /v1/recovery": Example(
        body={"identifier": "ada@example.com"}, answer="recovery", shows=("status", "attempt")
    ),
    "POST /v1/recovery/{recovery}/answers": Example(
        body={"code": "$CODE", "new_password": "quite another sentence 7"},
        note="With the link of the same mail, send its `token` in place of `code`.",
    ),
    "POST /v1/users/{user_id}/recovery": Example(needs=("users:write",)),
    "POST /v1/invitations": Example(
        needs=("users:write",),
        body={"email": "grace@example.com", "locale": "en", "mail": False},
        answer="invitation",
        shows=("id", "email", "link"),
    ),
    "GET /v1/invitations": Example(
        needs=("users:read",), query={"limit": 10}, answer="invitation", shows=("id", "email", "expires_at")
    ),
    "DELETE /v1/invitations/{invitation_id}": Example(needs=("users:write",)),
}
