"""The section `sign_up`: who may make an account. Beside users, because signing in and inviting ask it too."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, field_validator

from doorward.domain.users.rules.domains import is_listed, normalized_pattern


class SignUpSettings(BaseModel):
    """Signing up."""

    mode: Literal["open", "domains", "invite", "closed"] = Field(
        default="open",
        description="`open`: anybody may sign up. `domains`: whoever has an address of one of `domains`, and who is invited. `invite`: only "
        "who is invited. `closed`: only administrators make accounts.",
    )
    domains: list[str] = Field(
        default=[],
        description="With the mode `domains`: which, such as `example.com` or `*.example.com` for all below it. Ask for verification with it: "
        "anybody can type such an address.",
    )
    verify_email: Literal["off", "optional", "required"] = Field(
        default="optional",
        description="`off`: addresses are taken as given. `optional`: a mail asks to confirm each new address. `required`: and nobody "
        "signs in before theirs is confirmed.",
    )
    hide_existing: bool = Field(
        default=False,
        description="Answer a sign-up with a known email address exactly as one with a new address: with a sign-in to "
        "carry on. With `verify_email=required` nothing can be told apart: there is no account before the code of the mail is "
        "entered. With less, signing in afterwards shows whether there is one. Off tells people plainly that they have an account already.",
    )

    @field_validator("domains")
    @classmethod
    def _write_domains_in_ascii(cls, value: list[str]) -> list[str]:
        return [normalized_pattern(each) for each in value]

    def takes(self, address_key: str) -> bool:
        """Whether somebody with this address may sign up without an invitation. address_key: as `check_email` makes it."""
        if self.mode == "domains":
            return is_listed(address_key.rpartition("@")[2], frozenset(self.domains))
        return self.mode == "open"
