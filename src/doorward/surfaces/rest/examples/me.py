"""Examples of what people do with their own account."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "GET /v1/me": Example(answer="me", shows=("id", "email", "name")),
    "DELETE /v1/me": Example(),
    "PATCH /v1/me": Example(
        body={"name": "Ada King", "time_zone": "Europe/London"}, answer="me", shows=("name", "time_zone")
    ),
    "POST /v1/me/password": Example(
        body={"current_password": "correct staple battery 9", "new_password": "quite another sentence 7"}
    ),
    "GET /v1/me/emails": Example(answer="email", shows=("id", "address", "verified")),
    "POST /v1/me/emails": Example(
        body={"address": "ada@home.example.com"}, answer="email", shows=("id", "address", "verified")
    ),
    "DELETE /v1/me/emails/{email_id}": Example(),
    "POST /v1/me/emails/{email_id}/make-primary": Example(answer="email", shows=("address", "primary")),
    "GET /v1/me/sessions": Example(answer="session", shows=("id", "device", "current")),
    "DELETE /v1/me/sessions": Example(),
    "DELETE /v1/me/sessions/{session_id}": Example(),
    "GET /v1/me/credentials": Example(answer="credential", shows=("id", "method")),
}
