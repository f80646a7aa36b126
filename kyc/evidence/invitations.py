"""A person is asked to prove himself: a link bound to one e-mail address, dead after some days, sent anew on request."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import audit, messages, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.evidence.actions import BadKind, keep
from kyc.evidence.intake import Taken
from kyc.evidence.models import Document, Invitation
from kyc.parties.actions import own
from kyc.parties.models import Party
from kyc.parties.wording import BadText
from kyc.rules import packs

PAPERS = (Document.Kind.PASSPORT, Document.Kind.IDENTITY_CARD)


class NotAPerson(Refused):
    """Only people prove themselves."""


class Dead(Refused):
    """The link has been used, withdrawn or replaced, or has expired."""


def digest(token: str) -> str:
    """A link is long and random, so a plain digest of it can't be searched."""
    return sha256(token.encode()).hexdigest()


def address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise BadText("email", _("Write a full e-mail address.")) from None
    return email


@transaction.atomic
def invite(party: Party, *, email: str, by: User) -> Invitation:
    """Sends the person a link to prove himself, in place of any before. Raises NotAPerson, BadText."""
    organisation = organisations.locked(party.organisation, by=by)
    party = own(party, organisation)
    if not party.is_person:
        raise NotAPerson(_("Only people prove themselves."))
    invitation = send(organisation, party, address(email), locale=translation.get_language() or "en", by=by)
    audit.record("person.invited", target=party, by=by, name=party.name)
    return invitation


def send(organisation: Organisation, party: Party, email: str, *, locale: str, by: User | None) -> Invitation:
    """Under the party's lock: a member and a dead link may ask for one at the same time."""
    Party.objects.select_for_update().get(pk=party.pk)
    token, now = secrets.token_urlsafe(32), timezone.now()
    open_ones = Invitation.objects.filter(party=party, used_at__isnull=True, ended_at__isnull=True)
    open_ones.update(ended_at=now)
    days = packs.current().days("invitation")
    invitation = Invitation.objects.create(
        organisation=organisation,
        party=party,
        email=email,
        digest=digest(token),
        locale=locale,
        invited_by=by,
        expires_at=now + timedelta(days=days),
    )
    with translation.override(locale):
        provider = settings.PROVIDER_NAME or _("The provider")
        messages.queue_template(
            "invitation",
            is_secret=True,
            to=email,
            subject=_("%(provider)s: please show who you are") % {"provider": provider},
            provider=provider,
            organisation=organisation,
            person=party,
            path=reverse("onboarding:prove", args=[token]),
            days=days,
        )
    return invitation


@transaction.atomic
def withdraw(party: Party, *, by: User) -> None:
    """The link that was sent opens nothing any more. Where none is open, it is silence."""
    organisations.locked(party.organisation, by=by)
    Party.objects.select_for_update().get(pk=party.pk)
    if Invitation.objects.filter(party=party, used_at__isnull=True, ended_at__isnull=True).update(ended_at=timezone.now()):
        audit.record("person.invitation_withdrawn", target=party, by=by, name=party.name)


def known(token: str) -> Invitation | None:
    """Whose link it is or was; None for a link that never was."""
    return Invitation.objects.select_related("party", "organisation").filter(digest=digest(token)).first()


def is_live(invitation: Invitation) -> bool:
    return Invitation.objects.live().filter(pk=invitation.pk, party__removed_on__isnull=True).exists()


def end_all(organisation: Organisation) -> None:
    """No link of a closed account opens anything."""
    open_ones = Invitation.objects.filter(organisation=organisation, used_at__isnull=True, ended_at__isnull=True)
    open_ones.update(ended_at=timezone.now())


@transaction.atomic
def send_anew(invitation: Invitation) -> None:
    """A dead link asks for another, which goes to the address the first was bound to and nowhere else. Silence where the
    person has proved himself, has left, or was invited anew already, and where the link was withdrawn."""
    organisations.held(invitation.organisation_id)
    party = Party.objects.select_for_update().get(pk=invitation.party_id)
    newest = Invitation.objects.filter(party=party).order_by("-pk").first()
    if newest is None or newest.pk != invitation.pk or newest.used_at or newest.ended_at or party.removed_on:
        return
    if is_live(newest):
        return
    send(invitation.organisation, party, invitation.email, locale=invitation.locale, by=None)
    audit.record("person.invited_anew", target=party, by=None, name=party.name)


@transaction.atomic
def prove(invitation: Invitation, *, kind: str, file: UploadedFile | Taken, back: UploadedFile | Taken | None = None) -> Document:
    """The person sends his passport or identity card, its `back` where that is a file of its own; the link is used up once both
    can be read. Raises Dead, BadKind, BadFile. The organisation's row
    is held, so that a round of checks either sees it or is asked for anew."""
    organisations.held(invitation.organisation_id)
    Party.objects.select_for_update().get(pk=invitation.party_id)
    if not is_live(invitation):
        raise Dead(_("This link can be used no longer."))
    if kind not in PAPERS:
        raise BadKind(_("Say what the document is."))
    document, *_others = [
        keep(invitation.organisation, kind=kind, file=sent, party=invitation.party, invitation=invitation)
        for sent in (file, back)
        if sent is not None
    ]
    Invitation.objects.filter(pk=invitation.pk).update(used_at=timezone.now())
    audit.record("person.proved", target=document, by=None, name=invitation.party.name, kind=kind, sha256=document.sha256)
    return document
