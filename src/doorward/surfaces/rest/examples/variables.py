"""What only the reader of an example knows: addresses, tokens, ids and codes, each with how it looks."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Variable

API: Final = "API"
ACCESS: Final = "ACCESS"

# By the names that examples use. Links are meant from within docs/reference/operations.
VARIABLES: Final[dict[str, Variable]] = {
    API: Variable("Where Doorward answers.", "http://127.0.0.1:8000"),
    ACCESS: Variable(
        "The `access_token` of [a sign-in](signing-in.md#post-v1sign-in).", "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9…"
    ),
    "ATTEMPT": Variable(
        "The `attempt` of [a sign-in](signing-in.md#post-v1sign-in) that is pending.",
        "sia_01kb8x2q4wfzr9d1m6c7v0t3ne.dGhpcyBv…",
    ),
    "CODE": Variable("The code of the mail, or what the authenticator app shows now.", "31415926"),
    "CREDENTIAL": Variable(
        "What `navigator.credentials.create` gave in the browser, by its `toJSON()`, to the options of "
        "[`POST /v1/me/passkeys/options`](credentials.md#post-v1mepasskeysoptions).",
        '{"id": "q2n0…", "rawId": "q2n0…", "type": "public-key", "response": {"clientDataJSON": "eyJ0…", "attestationObject": "o2Nm…"}, '
        '"clientExtensionResults": {}}',
        is_json=True,
    ),
    "CREDENTIAL_ID": Variable(
        "The `id` of a credential, from [your list](your-account.md#get-v1mecredentials) or "
        "[that of a user](credentials.md#get-v1usersuser_idcredentials).",
        "crd_01kb8x2q4wfzr9d1m6c7v0t3ne",
    ),
    "DEVICE_ID": Variable(
        "The `id` of a device, from [the list](second-factors.md#get-v1medevices).", "dev_01kb8x2q4wfzr9d1m6c7v0t3ne"
    ),
    "EMAIL_ID": Variable(
        "The `id` of an address, from [your list](your-account.md#get-v1meemails) or "
        "[that of a user](users.md#get-v1usersuser_idemails).",
        "eml_01kb8x2q4wfzr9d1m6c7v0t3ne",
    ),
    "ENROLLMENT": Variable(
        "The `enrollment` of [`POST /v1/me/totp`](second-factors.md#post-v1metotp).",
        "tot_01kb8x2q4wfzr9d1m6c7v0t3ne.dGhpcyBv…",
    ),
    "INVITATION_ID": Variable(
        "The `id` of an invitation, from [the list](mail.md#get-v1invitations).", "inv_01kb8x2q4wfzr9d1m6c7v0t3ne"
    ),
    "RECOVERY": Variable(
        "The `attempt` of [`POST /v1/recovery`](mail.md#post-v1recovery).", "rec_01kb8x2q4wfzr9d1m6c7v0t3ne.dGhpcyBv…"
    ),
    "REFRESH": Variable("The newest `refresh_token` of the session.", "dwr_01kb8x2q4wfzr9d1m6c7v0t3ne.dGhpcyBv…"),
    "SESSION_ID": Variable(
        "The `id` of a session, from [your list](your-account.md#get-v1mesessions) or "
        "[that of a user](users.md#get-v1usersuser_idsessions).",
        "ses_01kb8x2q4wfzr9d1m6c7v0t3ne",
    ),
    "STEP_UP": Variable(
        "The `attempt` of [`POST /v1/me/step-up`](your-account.md#post-v1mestep-up).",
        "stu_01kb8x2q4wfzr9d1m6c7v0t3ne.dGhpcyBv…",
    ),
    "SUPPORT_CODE": Variable("What the person was given with the refusal.", "7K2M-9QXD-4T1V"),
    "TOKEN": Variable("What the link in the mail carries as `token`.", "vfy_01kb8x2q4wfzr9d1m6c7v0t3ne.dGhpcyBv…"),
    "USER_ID": Variable("The `id` of a user, from [the list](users.md#get-v1users).", "usr_01kb8x2q4wfzr9d1m6c7v0t3ne"),
    "VERIFICATION": Variable(
        "The `attempt` of [`POST /v1/email-verifications`](mail.md#post-v1email-verifications).",
        "vfy_01kb8x2q4wfzr9d1m6c7v0t3ne.dGhpcyBv…",
    ),
}
