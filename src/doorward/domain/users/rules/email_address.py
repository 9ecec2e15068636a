"""What may be an email address (RFC 5321, RFC 6531), and when two spellings are one address.

Plain addresses take a short way, because imports check them by the hundred thousand; both ways give the same answers.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from doorward.domain.users.rules.domains import KnownDomain, Welcome
from doorward.kernel.problem import FieldError, InvalidInput
from doorward.kernel.text import fold

if TYPE_CHECKING:
    from doorward.domain.users.settings import UsersSettings

_LONGEST: Final = 254
_LONGEST_LOCAL_PART: Final = 64
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.-]+)")
_HIDDEN: Final = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")


class EmailAddress(NamedTuple):
    """An address as it is shown and written to, and the key that is the same for every spelling of it.

    display: compatibility forms such as full-width letters resolved, domain lower-cased, the mailbox's case kept. Mail goes
    to this and never to what somebody typed later: two spellings with one key may be two mailboxes elsewhere.
    key: mailbox folded, domain as A-labels. Plus-tags and dots stay, since most providers tell them apart.
    """

    display: str
    key: str


def check_email(text: str, settings: UsersSettings, pointer: str = "/email") -> EmailAddress:
    """The address, if it is one and its domain is welcome. There is no DNS question.

    Raises InvalidInput with `email-syntax`, `email-too-long`, `email-quoted`, `email-ip-address`, `email-domain-reserved`,
    `email-domain-denied`, `email-domain-not-allowed`, `email-disposable`.
    """
    stripped = text.strip()
    plain = _PLAIN.fullmatch(stripped)
    if plain is not None and len(stripped) <= _LONGEST:
        local, domain = plain.groups()
        known = settings.domain_rules.known.get(domain)
        if known is not None and len(local) <= _LONGEST_LOCAL_PART:
            if known.welcome is not Welcome.YES:
                raise InvalidInput(_unwelcome(known.welcome, pointer))
            return EmailAddress(f"{local}@{known.name}", f"{local.lower()}@{known.name}")
    return _check_thoroughly(stripped, settings, pointer)


def email_key(text: str) -> str | None:
    """The key of what somebody typed to be found by, or None when it cannot be an address at all.

    It judges neither syntax in full nor welcome: whoever has an account may sign in after the rules became stricter.
    """
    stripped = text.strip()
    plain = _PLAIN.fullmatch(stripped)
    if plain is not None and len(stripped) <= _LONGEST:
        return stripped.lower()
    try:
        display, ascii_domain = _parse(stripped)
    except ValueError:
        return None
    return _key(display, ascii_domain)


def _check_thoroughly(text: str, settings: UsersSettings, pointer: str) -> EmailAddress:
    try:
        display, ascii_domain = _parse(text)
    except ValueError:
        raise InvalidInput(_refusal(text, pointer)) from None
    rules = settings.domain_rules
    welcome = rules.judge(ascii_domain)
    spelling = text.rpartition("@")[2]
    if spelling.isascii() and display.endswith("@" + ascii_domain):
        rules.remember(spelling, KnownDomain(ascii_domain, welcome))
    if welcome is not Welcome.YES:
        raise InvalidInput(_unwelcome(welcome, pointer))
    return EmailAddress(display, _key(display, ascii_domain))


def _parse(text: str) -> tuple[str, str]:
    """What is shown of an address, and its domain in ASCII. Raises ValueError, whose text may hold the input."""
    if len(text) > _LONGEST or _HIDDEN.search(text):
        raise ValueError("too long, or not text")
    # Compatibility forms are resolved before anything is judged, so that what is stored is what was judged.
    text = unicodedata.normalize("NFKC", text)
    from email_validator import validate_email  # noqa: PLC0415 - its IDNA tables cost start-up time; plain sign-ins need none

    found = validate_email(text, check_deliverability=False, strict=True)
    # The library lower-cases a few mailboxes such as Info@ (RFC 2142); the short way and this one keep what was typed.
    return f"{text.rpartition('@')[0]}@{found.domain}", str(found.ascii_domain).lower()


def _key(display: str, ascii_domain: str) -> str:
    return f"{fold(display.rpartition('@')[0])}@{ascii_domain}"


def _refusal(text: str, pointer: str) -> FieldError:
    """Names the rule that a text broke, as far as it can be told, in words that hold nothing of the text."""
    local, at, domain = text.rpartition("@")
    if len(text) > _LONGEST or (at and len(local) > _LONGEST_LOCAL_PART):
        return FieldError(
            pointer,
            "email-too-long",
            f"An email address has at most {_LONGEST} characters, and {_LONGEST_LOCAL_PART} before its @. Use a shorter one.",
        )
    if '"' in local:
        return FieldError(
            pointer, "email-quoted", "An email address with quotation marks is not taken. Use one without them."
        )
    if domain.startswith("["):
        return FieldError(
            pointer,
            "email-ip-address",
            "An email address ends in a domain here, not in an IP address. Use one like name@example.com.",
        )
    if domain.lower().rpartition(".")[2] in {"arpa", "invalid", "local", "localhost", "onion", "test"}:
        return FieldError(
            pointer,
            "email-domain-reserved",
            "No mail from the internet reaches this domain. Use an address at a public domain.",
        )
    return FieldError(
        pointer,
        "email-syntax",
        "This is not an email address. Write it as name@example.com: one @, no spaces, and a domain with a dot.",
    )


def _unwelcome(welcome: Welcome, pointer: str) -> FieldError:
    if welcome is Welcome.DISPOSABLE:
        return FieldError(
            pointer,
            "email-disposable",
            "Throw-away email addresses are not taken here. Use a lasting address of your own.",
        )
    if welcome is Welcome.DENIED:
        return FieldError(
            pointer,
            "email-domain-denied",
            "Email addresses at this domain are not taken here. Use one at another domain.",
        )
    return FieldError(
        pointer,
        "email-domain-not-allowed",
        "Only email addresses at certain domains are taken here. Use one that your organization gave you.",
    )
