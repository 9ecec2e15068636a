"""The features of Doorward, in order: each line adds one slice of the domain to everything that is wired from the list."""

from __future__ import annotations

from typing import Final

from doorward.domain.access.feature import ACCESS
from doorward.domain.audit.feature import AUDIT
from doorward.domain.credentials.feature import CREDENTIALS
from doorward.domain.invitations.feature import INVITATIONS
from doorward.domain.keys.feature import KEYS
from doorward.domain.lockdown.feature import LOCK_DOWN
from doorward.domain.messages.feature import MESSAGES
from doorward.domain.methods.email_code.feature import EMAIL_CODE
from doorward.domain.methods.magic_link.feature import MAGIC_LINK
from doorward.domain.methods.passkey.feature import PASSKEY
from doorward.domain.methods.password.feature import NEW_PASSWORD, PASSWORD
from doorward.domain.methods.recovery_code.feature import RECOVERY_CODE
from doorward.domain.methods.totp.feature import TOTP
from doorward.domain.one_time.feature import ONE_TIME
from doorward.domain.recovery.feature import RECOVER
from doorward.domain.restored.feature import RESTORED
from doorward.domain.risk.feature import DEVICES, RISK
from doorward.domain.roles.feature import ROLES
from doorward.domain.sealed.feature import SEALED
from doorward.domain.sessions.feature import SESSIONS
from doorward.domain.setup.feature import SETUP
from doorward.domain.sign_in.feature import SIGN_IN
from doorward.domain.sign_up.feature import SIGN_UP
from doorward.domain.transfer.feature import TRANSFER
from doorward.domain.users.feature import USERS
from doorward.domain.verification.feature import VERIFICATION
from doorward.infra.feature import INFRA
from doorward.kernel.feature import Feature

FEATURES: Final[tuple[Feature, ...]] = (
    INFRA,
    USERS,
    ROLES,
    SESSIONS,
    KEYS,
    CREDENTIALS,
    ONE_TIME,
    RISK,
    DEVICES,
    ACCESS,
    PASSWORD,
    NEW_PASSWORD,
    TOTP,
    RECOVERY_CODE,
    PASSKEY,
    SIGN_IN,
    SIGN_UP,
    SETUP,
    TRANSFER,
    RESTORED,
    SEALED,
    AUDIT,
    MESSAGES,
    EMAIL_CODE,
    MAGIC_LINK,
    VERIFICATION,
    RECOVER,
    INVITATIONS,
    LOCK_DOWN,
)
