"""Examples of administration: users, their addresses, sessions and roles."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "POST /v1/users": Example(
        needs=("users:write",),
        body={
            "email": "ada@example.com",
            "email_verified": True,
            "username": "ada",
            "name": "Ada Lovelace",
            "external_id": "hr-1815",
        },
        answer="user",
        shows=("id", "email"),
        note="Roles can come along as `roles`; granting them takes `roles:write` as well.",
    ),
    "GET /v1/users": Example(
        needs=("users:read",), query={"status": "active", "limit": 1}, answer="user", shows=("id", "email", "status")
    ),
    "GET /v1/users/{user_id}": Example(needs=("users:read",), answer="user", shows=("id", "email", "status")),
    "PATCH /v1/users/{user_id}": Example(
        needs=("users:write",),
        body={"locale": "en-GB", "admin_metadata": {"plan": "team", "seats": 5}},
        answer="user",
        shows=("locale", "admin_metadata.plan"),
    ),
    "DELETE /v1/users/{user_id}": Example(needs=("users:delete",)),
    "POST /v1/users/{user_id}/restore": Example(needs=("users:delete",), answer="user", shows=("id", "status")),
    "POST /v1/users/{user_id}/suspend": Example(
        needs=("users:suspend",),
        body={"reason": "Sends spam, ticket 4711", "until": "2099-01-31T12:00:00Z"},
        answer="user",
        shows=("status", "suspended_until"),
    ),
    "POST /v1/users/{user_id}/reinstate": Example(needs=("users:suspend",), answer="user", shows=("id", "status")),
    "POST /v1/users/{user_id}/unlock": Example(needs=("users:suspend",), answer="user", shows=("id", "status")),
    "PUT /v1/users/{user_id}/password": Example(needs=("users:write",), body={"password": "quite another sentence 7"}),
    "GET /v1/users/{user_id}/sessions": Example(
        needs=("sessions:read",), answer="session", shows=("id", "device", "address")
    ),
    "DELETE /v1/users/{user_id}/sessions": Example(needs=("sessions:end",)),
    "DELETE /v1/users/{user_id}/sessions/{session_id}": Example(needs=("sessions:end",)),
    "GET /v1/users/{user_id}/emails": Example(
        needs=("users:read",), answer="email", shows=("id", "address", "verified")
    ),
    "POST /v1/users/{user_id}/emails": Example(
        needs=("users:write",),
        body={"address": "ada@home.example.com", "verified": True},
        answer="email",
        shows=("id", "address", "verified"),
    ),
    "DELETE /v1/users/{user_id}/emails/{email_id}": Example(needs=("users:write",)),
    "POST /v1/users/{user_id}/emails/{email_id}/verify": Example(
        needs=("users:write",), answer="email", shows=("address", "verified")
    ),
    "POST /v1/users/{user_id}/emails/{email_id}/make-primary": Example(
        needs=("users:write",), answer="email", shows=("address", "primary")
    ),
    "GET /v1/users/{user_id}/roles": Example(needs=("roles:read",), answer="role", shows=("name", "description")),
    "PUT /v1/users/{user_id}/roles/{role}": Example(
        needs=("roles:write",),
        holds=("users:read",),
        path={"role": "auditor"},
        note="Nobody can grant more than they hold: this role has `users:read`, so whoever grants it needs that too.",
    ),
    "DELETE /v1/users/{user_id}/roles/{role}": Example(
        needs=("roles:write",),
        holds=("users:read",),
        path={"role": "auditor"},
        note="Whoever revokes a role needs the permissions that it has.",
    ),
}
