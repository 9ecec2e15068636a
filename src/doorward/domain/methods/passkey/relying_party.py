"""Who we are to authenticators: the domain that passkeys belong to, and the pages that may ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from doorward.domain.access.settings import TokensSettings
from doorward.domain.methods.passkey.settings import PasskeySettings
from doorward.infra.database.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """A relying party (WebAuthn section 4). id: its domain. origins: of its pages, exactly as browsers write them."""

    id: str
    name: str
    origins: tuple[str, ...]
    user_verification: str

    @property
    def wants_verification(self) -> bool:
        """Whether an answer without user verification is refused."""
        return self.user_verification == "required"


def relying_party(tx: Tx) -> RelyingParty:
    """What the settings say; the rest comes from the address of this installation."""
    settings = tx.section(PasskeySettings)
    return from_settings(settings, tx.section(TokensSettings).issuer)


def from_settings(settings: PasskeySettings, issuer: str) -> RelyingParty:
    """The relying party of an installation. issuer: its address."""
    parts = urlsplit(issuer)
    host = (parts.hostname or "").lower()
    if _is_address(host):
        # No browser takes an address for a domain. It is the same machine by another name only for the loopback ones, and
        # those are where nobody gave a name.
        host = "localhost"
    port = f":{parts.port}" if parts.port is not None else ""
    return RelyingParty(
        settings.rp_id or host,
        settings.rp_name,
        tuple(settings.origins) or (f"{parts.scheme}://{host}{port}",),
        settings.user_verification,
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
