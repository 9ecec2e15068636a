"""What members and parameters mean that go by one name everywhere, said once for the description of the API.

What a field says of itself (`Field(description=…)`) wins over this.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

# By name, or by schema and name where it means something of its own there.
MEANINGS: Final[dict[str, str]] = {
    "access_token": "A JWT (RFC 9068) to send as `Authorization: Bearer …`.",
    "address": "The email address.",
    "admin_metadata": "Free-form JSON; only administrators see it.",
    "allAcceptedCredentialIds": "The passkeys that remain, by the ids that browsers know.",
    "answers": "By the names of the prompts.",
    "attempt": "What was answered when this was begun.",
    "authenticated_at": "When the user last proved who they are.",
    "built_in": "Whether it is there from the start and cannot be changed.",
    "ChallengeView.difficulty": "How many zero bits; null unless the kind is `proof-of-work`.",
    "ChallengeView.expires_at": "Until when it can be solved.",
    "ChallengeView.kind": "`none`: there is nothing to solve.",
    "code": "The code of the mail.",
    "CompleteView.status": "`complete`: signed in.",
    "ConfirmTotpBody.enrollment": "The `enrollment` that setting up the app began with.",
    "ConfirmTotpBody.label": "A name to know it by.",
    "created_at": "When it was made.",
    "credential_id": "The `id` of the credential, `crd_…`.",
    "data": "What stays for ever and says nothing about a person; which members depends on the type.",
    "database": "`sqlite` or `postgresql`.",
    "deleted_at": "When it was deleted; null unless it is.",
    "description": "What it is for.",
    "DeviceView.device": "Browser and system, as far as they tell.",
    "device": "Browser and system, or the program, as far as they tell.",
    "device_id": "The `id` of the device, `dev_…`.",
    "device_token": "What an earlier sign-in from this device answered, or an empty text from an app that would keep one. "
    "Browsers have a cookie for it.",
    "email_id": "The `id` of the address, `eml_…`.",
    "email_verified": "Whether the primary address is known to be theirs.",
    "errors": "For bad input: every place that is wrong.",
    "expires_at": "Until when it works.",
    "external_id": "The id that another system knows the user by. Each serves once.",
    "FieldErrorView.code": "A word that never changes, to translate by.",
    "FieldErrorView.detail": "Which rule was broken, and how to mend it.",
    "FieldErrorView.pointer": "Where: a JSON pointer (RFC 6901) into the body, `/query/…` or `/header/…`.",
    "first_seen_at": "When it was first signed in from.",
    "FollowedView.purpose": "What the link was for.",
    "FollowedView.status": "`done`.",
    "has_more": "Whether anything follows.",
    "id": "What it goes by.",
    "invitation": "The token of an invitation's link.",
    "InvitationBody.email": "Whom to invite.",
    "invitation_id": "The `id` of the invitation, `inv_…`.",
    "InvitationView.email": "Who is invited.",
    "InvitationView.roles": "What they get with the account.",
    "items": "The things themselves.",
    "keys": "The public keys, each a JWK; take the one whose `kid` the token names.",
    "label": "A name to know it by.",
    "last_seen_at": "When it was last signed in from.",
    "last_sign_in_at": "When they last signed in.",
    "last_used_at": "When it was last used.",
    "left": "How many are left.",
    "LinkView.expires_at": "Until when it works.",
    "LinkView.purpose": "What it does, such as `verify-email`, `recovery` or `invitation`.",
    "LiveView.status": "`ok`.",
    "locale": "A language tag (BCP 47).",
    "made_at": "When they were made; null where there are none.",
    "method": "By which method: `password`, `passkey`, `totp`, …",
    "name": "What the person is called.",
    "new_password": "The password from now on: up to 128 characters, not easily guessed (`DOORWARD_PASSWORD__POLICY`).",
    "NewEmailBody.address": "The address to add.",
    "NewEmailBody.verified": "Whether it is known to be theirs.",
    "NewRecoveryCodesView.codes": "Each serves once, in place of a second factor.",
    "NewRoleBody.name": "2 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, a letter first; it cannot be changed later.",
    "NewUserBody.email": "The primary address.",
    "NewUserBody.email_verified": "Whether it is known to be theirs.",
    "NewUserBody.roles": "The names of roles to grant; that takes the permission to grant them.",
    "occurred_at": "When it happened.",
    "OwnEmailBody.address": "The address to add. It counts for nothing until it is verified.",
    "password": "Up to 128 characters, not easily guessed (`DOORWARD_PASSWORD__POLICY`).",
    "PendingView.status": "`pending`: the `prompts` are to be answered.",
    "permissions": "The names of permissions, see `GET /v1/permissions`.",
    "PermissionView.description": "What it allows.",
    "PermissionView.name": "`noun:verb`.",
    "picture_url": "An https address of a picture.",
    "primary": "Whether mail goes there.",
    "Problem.code": "A word that never changes; write programs by it.",
    "Problem.detail": "What happened this time, and what to do.",
    "Problem.instance": "The path of the request.",
    "Problem.request_id": "Leads to the log line.",
    "Problem.status": "The HTTP status.",
    "Problem.title": "The same for every problem of this code.",
    "Problem.trace_id": "The trace that the request belongs to, where tracing is on.",
    "Problem.type": "The code as a URI.",
    "prompts": "What to ask the person for.",
    "PromptView.method": "By which method.",
    "PromptView.title": "What to write beside it.",
    "public_metadata": "Free-form JSON; the user sees it and cannot change it.",
    "reason": "Why; administrators see it.",
    "recovery": "The `attempt` that asking for a new password answered.",
    "refresh_token": "For the next refresh; it serves once.",
    "RefreshBody.refresh_token": "The newest one of the session.",
    "request_id": "Of the request that it happened in.",
    "role": "The name of a role.",
    "RoleView.name": "What it goes by.",
    "rpId": "The domain that passkeys belong to.",
    "schema": "The newest migration that it knows.",
    "session": "The session that began.",
    "session_id": "The `id` of the session, `ses_…`.",
    "SignInBody.password": "Left out to be asked for what is needed.",
    "SignUpBody.email": "The address to sign up with.",
    "StepView.facts": "What was found.",
    "StepView.step": "What was looked at.",
    "status": "Only users with this status.",
    "step_up": "The `attempt` that `POST /v1/me/step-up` answered.",
    "steps": "What was looked at, in order.",
    "support_code": "The code that came with the refusal.",
    "suspended_reason": "Why it was suspended, for administrators.",
    "target": "The id of what was changed, where that is no user.",
    "time_zone": "A name of the time zone database.",
    "token": "What the link carries as `token`.",
    "token_type": "`Bearer`.",
    "type": "Of which type, see the list of events.",
    "updated_at": "When it was last changed.",
    "user": "Who signed in.",
    "userId": "The handle of the user that passkeys carry.",
    "user_id": "The `id` of the user, `usr_…`.",
    "username": "Unique in any spelling.",
    "verification": "The `attempt` that asking for the mail answered.",
    "VerificationBody.email": "The address to verify.",
    "verified": "Whether it is known to be theirs.",
    "verified_at": "When that was shown; null while it is not.",
    "version": "The version of the program.",
    "VersionView.name": "`doorward`.",
}


def explain(document: dict[str, Any]) -> None:
    """Says of every member and parameter of an OpenAPI document what it means, where it does not say so itself."""
    for _, name, schema in members(document):
        if "description" in schema:
            continue
        inner = _said(schema)
        found = inner or MEANINGS.get(name) or MEANINGS.get(name.rpartition(".")[2])
        if found is not None:
            schema["description"] = found


def members(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every member and parameter: where it is, the name it is explained by, and where `description` stands."""
    for schema_name, schema in document["components"]["schemas"].items():
        short = (
            schema_name.removeprefix("ListView_").rstrip("_") if schema_name.startswith("ListView_") else schema_name
        )
        for name, member in schema.get("properties", {}).items():
            yield schema_name, f"{short}.{name}", member
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                yield f"{method.upper()} {path}", parameter["name"], parameter


def _said(schema: dict[str, Any]) -> str | None:
    """What a member that may be null says of what it else is."""
    for each in schema.get("anyOf", ()):
        if "description" in each:
            said: str = each["description"]
            return said
    return None
