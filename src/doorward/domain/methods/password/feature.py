"""What this method brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.password.events import PasswordBreached, PasswordChanged
from doorward.domain.methods.password.problems import CurrentPasswordWrong, PasswordForOwnerOnly
from doorward.domain.methods.password.prove import PasswordMethod
from doorward.domain.methods.password.replace import NewPasswordMethod
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.infra.crypto.hashing import HashingBusy, HashingSettings, PasswordTooLongForScheme
from doorward.kernel.feature import Feature

PASSWORD: Final = Feature(
    name="password",
    settings={"password": PasswordSettings, "password_hashing": HashingSettings},
    events=(PasswordChanged, PasswordBreached),
    problems=(CurrentPasswordWrong, PasswordForOwnerOnly, PasswordTooLongForScheme, HashingBusy),
    method=PasswordMethod(),
)

NEW_PASSWORD: Final = Feature(name="new_password", method=NewPasswordMethod())
