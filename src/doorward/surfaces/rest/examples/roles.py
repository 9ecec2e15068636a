"""Examples of roles and permissions."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

_NOT_MORE: Final = "Nobody can give more than they hold: whoever does this needs the permissions of the role too."

EXAMPLES: Final = {
    "GET /v1/roles": Example(needs=("roles:read",), answer="role", shows=("name", "built_in"), abridged=3),
    "POST /v1/roles": Example(
        needs=("roles:write",),
        holds=("users:read", "events:read"),
        body={
            "name": "auditor",
            "description": "Reads what happened.",
            "permissions": ["users:read", "events:read"],
        },
        answer="role",
        shows=("name", "permissions.0", "permissions.1"),
        note=_NOT_MORE,
    ),
    "GET /v1/permissions": Example(
        needs=("roles:read",), answer="permission", shows=("name", "description"), abridged=2
    ),
    "GET /v1/roles/{role}": Example(
        needs=("roles:read",), path={"role": "auditor"}, answer="role", shows=("name", "description")
    ),
    "PATCH /v1/roles/{role}": Example(
        needs=("roles:write",),
        holds=("users:read",),
        path={"role": "auditor"},
        body={"description": "Sees users and nothing else."},
        answer="role",
        shows=("name", "description"),
        note=_NOT_MORE,
    ),
    "DELETE /v1/roles/{role}": Example(
        needs=("roles:write",), holds=("users:read",), path={"role": "auditor"}, note=_NOT_MORE
    ),
}
