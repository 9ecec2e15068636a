"""The section `sign_in`. It stands with the users, because what a password must be depends on it."""

from __future__ import annotations

from doorward.domain.users.sign_in_settings import SignInSettings

__all__ = ["SignInSettings"]
