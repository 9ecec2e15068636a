"""Prove who you are by a code that was sent to your address."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.email_code.settings import EmailCodeSettings
from doorward.domain.methods.mailed.method import MailedMethod
from doorward.domain.one_time.values import Kind

CODE: Final = Kind("email-code", "ec")
METHOD: Final = MailedMethod("email_code", CODE, EmailCodeSettings, text="sign_in_code", title="Code from the mail")
