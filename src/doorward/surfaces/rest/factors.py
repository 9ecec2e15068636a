"""One's own second factors: authenticator apps and recovery codes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.credentials.views import CredentialView, credential_view
from doorward.domain.methods.recovery_code.codes import FEW
from doorward.domain.methods.recovery_code.problems import RecoveryCodesNeedFactor
from doorward.domain.methods.recovery_code.regenerate import count_codes, regenerate_codes
from doorward.domain.methods.totp.enroll import begin_enrollment, confirm_enrollment
from doorward.domain.methods.totp.problems import TotpCodeWrong, TotpEnrollmentOver, TotpUnavailable
from doorward.domain.sessions.problems import StepUpRequired
from doorward.infra.database.unit_of_work import Tx
from doorward.surfaces.rest.asked import Asked, Reply, reply
from doorward.surfaces.rest.operation import Body, Operations

operations: Final = Operations("Second factors")


class EnrollmentView(TypedDict):
    """An authenticator app that is being set up."""

    enrollment: Annotated[str, Field(description="Send it back with the first code.")]
    secret: Annotated[str, Field(description="For typing into an app.", examples=["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"])]
    uri: Annotated[str, Field(description="For opening an app (`otpauth:`).")]
    qr_svg: Annotated[str, Field(description="The address as a QR code, an SVG document.")]


class ConfirmTotpBody(Body):
    """What shows that the app holds the secret."""

    enrollment: Annotated[str, Field(max_length=512)]
    code: Annotated[str, Field(max_length=64, description="What the app shows now.", examples=["287082"])]
    label: Annotated[str, Field(max_length=64, description="A name to know it by.", examples=["Phone"])] | None = None


class RecoveryCodesView(TypedDict):
    """How many recovery codes are left."""

    left: int
    few: Annotated[bool, Field(description="Whether it is time for new ones.")]
    made_at: datetime | None


class NewRecoveryCodesView(TypedDict):
    """New recovery codes, shown this once."""

    codes: Annotated[list[str], Field(examples=[["7K2M-9QXD-4T1V-B0RC-HW8N-E5ZA"]])]


@operations.add(
    "POST", "/v1/me/totp", answer=EnrollmentView, keeps_answers=False, problems=[StepUpRequired, TotpUnavailable]
)
async def begin_totp(asked: Asked) -> Reply:
    """Begin to set up an authenticator app.

    Nothing changes until a code of it is confirmed.
    """

    async def use_case(tx: Tx) -> Reply:
        made = await begin_enrollment(tx)
        return reply({"enrollment": made.name, "secret": made.secret, "uri": made.uri, "qr_svg": made.qr_svg})

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/me/totp/confirm",
    status=201,
    answer=CredentialView,
    problems=[StepUpRequired, TotpCodeWrong, TotpEnrollmentOver, TotpUnavailable],
)
async def confirm_totp(asked: Asked, body: ConfirmTotpBody) -> Reply:
    """Confirm an authenticator app by its first code.

    From then on signing in asks for its code.
    """

    async def use_case(tx: Tx) -> Reply:
        row = await confirm_enrollment(tx, name=body.enrollment, code=body.code, label=body.label)
        return reply(credential_view(row), status=201)

    return await asked.write(use_case)


@operations.add("GET", "/v1/me/recovery-codes", answer=RecoveryCodesView)
async def show_recovery_codes(asked: Asked) -> Reply:
    """Count your recovery codes."""

    async def use_case(tx: Tx) -> Reply:
        count = await count_codes(tx)
        return reply({"left": count.left, "few": count.left <= FEW, "made_at": count.made_at})

    return await asked.read(use_case)


@operations.add(
    "POST",
    "/v1/me/recovery-codes",
    status=201,
    answer=NewRecoveryCodesView,
    keeps_answers=False,
    problems=[StepUpRequired, RecoveryCodesNeedFactor],
)
async def make_recovery_codes(asked: Asked) -> Reply:
    """Make new recovery codes.

    They are shown this once. Those made before are worth nothing any more.
    """

    async def use_case(tx: Tx) -> Reply:
        return reply({"codes": await regenerate_codes(tx)}, status=201)

    return await asked.write(use_case)
