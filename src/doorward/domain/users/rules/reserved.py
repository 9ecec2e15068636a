"""Usernames that nobody may take, because others would trust their holder or because they are words of our addresses.

They are refused in look-alike spelling too: `adm1n`, `s.u.p.p.o.r.t` and Cyrillic letters that look Latin.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

_WORDS: Final = """
abuse access account accounts accountsecurity activate address admin administration administrator administrators admins
alert alerts all anonymous answer answers api apis app application apps assets attempt attempts audit auth
authentication authorization authorize backup billing blog board bot bots branding bug bugs ceo certificate cfo
challenge changepassword chat checkout cio ciso client clients code compliance config configuration confirm connect
consent console contact cookie copyright credential credentials csrf cto customer customercare customerservice daemon
dashboard data dba debug default delete demo deploy dev developer developers device devices directory dns docs doctor
documentation domain doorward download downloads email emails employee enquiries error errors event events everybody
everyone export faq favicon feedback file files finance forgotpassword ftp fraud fraudteam git graphql group groups grpc guest
guests headquarters health healthz help helpcenter helpdesk home host hostmaster hosting hr http https image images imap
import info information inquiries internal investors invitation invitations invite invites invoice invoices isatap it
itsupport job jobs jwks key keys law legal livez localdomain localhost log login logout logs mail mailer mailerdaemon
manage management manager me media member members membership message messages metrics mfa mod moderation moderator
moderators mx myaccount network new news newsletter nobody noc none noreply donotreply notfound notification
notifications null oauth oauth2 official oidc oncall openapi openid operations operator operators ops org organization
organizations organisation organisations otp owner owners passkey passkeys passwd password passwords pay payment payments payroll
permission permissions phishing policies policy pop3 postmaster press pricing privacy private privileged production profile profiles
proxy public purge readyz recover recovery redoc refresh register registration report reports request reset resetpassword
restore review role roles root rootadmin rpc sales saml scim scripts search secret secrets secure security securityteam
seed self server serveradmin service servicedesk services session sessions settings setup sftp shutdown signin
signinwith signing signingkeys signoff signout signup smtp ssh ssl sso staff start static statistics stats status store
subscription sudo sudoers superadmin superuser superusers support supportteam suspend svc sys sysadmin sysadmins sysop
system systems team teams tech technical terms test tests tls token tokens totp trust trustandsafety twofactor
unauthorized undefined unknown unsubscribe update updates upgrade usenet user username users uucp validate verification
verifications verified verify version vip void warranty web webadmin webauthn webhook webhooks webmail webmaster wellknown
whoami worker wpad www www1 www2 you yourself
"""

_NO_SEPARATORS: Final = {ord(separator): None for separator in "._-"}
# A digit one may be an i or an l, so a name with digits is read both ways.
_DIGITS_AS_I: Final = _NO_SEPARATORS | str.maketrans("01345789", "oieastbg")
_DIGITS_AS_L: Final = _NO_SEPARATORS | str.maketrans("01345789", "oleastbg")
# Small Cyrillic and Greek letters that look like Latin ones in most typefaces. A name is of a single script, so that only
# a name written wholly in look-alikes needs this.
_LOOKALIKES: Final = {
    ord(other): latin
    for latin, others in {
        "a": "\u0430\u03b1",
        "b": "\u0432\u044c\u03b2",
        "d": "\u0501",
        "e": "\u0435\u03b5",
        "h": "\u043d\u04bb",
        "i": "\u0456\u03b9\u0131",
        "j": "\u0458",
        "k": "\u043a\u03ba",
        "l": "\u04cf",
        "m": "\u043c",
        "n": "\u043f\u03b7",
        "o": "\u043e\u03bf",
        "p": "\u0440\u03c1",
        "q": "\u051b",
        "r": "\u0433",
        "s": "\u0455",
        "c": "\u0441",
        "t": "\u0442\u03c4",
        "u": "\u0438\u03c5",
        "v": "\u03bd",
        "w": "\u051d",
        "x": "\u0445\u03c7",
        "y": "\u0443",
    }.items()
    for other in others
}


class ReservedNames:
    """The reserved words, with those that the operator adds."""

    __slots__ = ("_skeletons",)

    def __init__(self, extra: Iterable[str] = ()) -> None:
        words = [*_WORDS.split(), *(word.strip().lower() for word in extra)]
        self._skeletons = frozenset(word.translate(_NO_SEPARATORS) for word in words)

    def __contains__(self, name: object) -> bool:
        """Whether a folded username reads as one of the words."""
        if not isinstance(name, str):
            return False
        if not name.isascii():
            marked = unicodedata.normalize("NFD", name).translate(_LOOKALIKES)
            name = "".join(character for character in marked if not unicodedata.combining(character))
        plain = name.translate(_NO_SEPARATORS)
        skeletons = self._skeletons
        if plain in skeletons:
            return True
        if not plain or plain.isalpha():
            return False
        return name.translate(_DIGITS_AS_I) in skeletons or name.translate(_DIGITS_AS_L) in skeletons
