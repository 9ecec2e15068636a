"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.invitations.accept import PURGE, purge_invitations
from doorward.domain.invitations.events import InvitationAccepted, InvitationMade, InvitationRevoked
from doorward.domain.invitations.invite import INVITE
from doorward.domain.invitations.problems import InvitationNotFound
from doorward.domain.invitations.settings import InvitationsSettings
from doorward.domain.invitations.tables import invitations
from doorward.domain.one_time.links import LinkPurpose
from doorward.kernel.feature import Feature

INVITATIONS: Final = Feature(
    name="invitations",
    tables=(invitations,),
    settings={"invitations": InvitationsSettings},
    events=(InvitationMade, InvitationAccepted, InvitationRevoked),
    problems=(InvitationNotFound,),
    jobs={PURGE: purge_invitations},
    recurring={PURGE: timedelta(days=1)},
    links=(LinkPurpose(INVITE, "sign-up"),),
)
