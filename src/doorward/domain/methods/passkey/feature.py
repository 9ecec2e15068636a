"""What this method brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.passkey.events import PasskeyAdded, PasskeyRemoved, PasskeyRenamed, PasskeySuspected
from doorward.domain.methods.passkey.problems import PasskeyNotAccepted, PasskeyTaken, TooManyPasskeys
from doorward.domain.methods.passkey.prove import PasskeyMethod
from doorward.domain.methods.passkey.settings import PasskeySettings
from doorward.kernel.feature import Feature

PASSKEY: Final = Feature(
    name="passkey",
    settings={"passkey": PasskeySettings},
    events=(PasskeyAdded, PasskeyRenamed, PasskeyRemoved, PasskeySuspected),
    problems=(PasskeyNotAccepted, PasskeyTaken, TooManyPasskeys),
    method=PasskeyMethod(),
)
