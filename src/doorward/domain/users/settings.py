"""The section `users`: what usernames and email addresses may be, and how long deleted users can be restored."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from doorward.domain.users.rules.domains import DomainRules, normalized_pattern
from doorward.domain.users.rules.reserved import ReservedNames


class UsersSettings(BaseModel):
    """Accounts: names, addresses, deletion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username_required: bool = Field(
        default=False, description="Whether every user has a username. Otherwise the email address is enough."
    )
    username_unicode: bool = Field(
        default=False,
        description="Whether usernames may use letters beyond a to z: one script to a name, by the PRECIS profile UsernameCaseMapped.",
    )
    reserved_usernames_extra: list[str] = Field(
        default=[],
        description="Usernames that nobody may take, beside the built-in list. Look-alike spellings are refused too.",
    )
    disposable_emails: Literal["allow", "refuse"] = Field(
        default="refuse", description="What happens to email addresses at known throw-away providers."
    )
    email_domains_allowed: list[str] = Field(
        default=[],
        description="When not empty, the only domains that email addresses may have, such as `example.com` or `*.example.com` for all below it.",
    )
    email_domains_denied: list[str] = Field(
        default=[],
        description="Domains that email addresses may not have, even if allowed above, such as `example.com` or `*.example.com`.",
    )
    deletion_grace_days: int = Field(
        default=30, ge=0, le=3650, description="For how many days a deleted user can be restored before being erased."
    )

    @field_validator("email_domains_allowed", "email_domains_denied")
    @classmethod
    def _write_domains_in_ascii(cls, value: list[str]) -> list[str]:
        return [normalized_pattern(each) for each in value]

    @cached_property
    def reserved_names(self) -> ReservedNames:
        """The usernames that nobody may take."""
        return ReservedNames(self.reserved_usernames_extra)

    @cached_property
    def domain_rules(self) -> DomainRules:
        """Which mail domains are welcome."""
        return DomainRules(
            allowed=self.email_domains_allowed,
            denied=self.email_domains_denied,
            refuse_disposable=self.disposable_emails == "refuse",
        )
