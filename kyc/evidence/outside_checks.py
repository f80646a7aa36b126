"""Checks by verification services: begun by a customer's member, told of by signed messages, and confirmed once by each."""

import hashlib
import secrets
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations, scope
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.evidence import confirmations
from kyc.evidence.confirmation_models import Confirmation, OutsideCheck, OutsideMessage
from kyc.evidence.outside import told
from kyc.evidence.outside.services import SERVICES, Service, ServiceAway
from kyc.evidence.outside.told import Told
from kyc.parties.actions import own
from kyc.parties.models import Party
from kyc.parties.wording import is_same_person
from kyc.rules import packs

S, E = OutsideCheck.State, OutsideMessage.Effect
# A service answers within seconds. One that is being begun for longer was left by a process that was ended.
BEGUN_WITHIN = timedelta(minutes=2)
# Until then whoever comes back takes it up again; a service asks for no second fee within a day of the same number.
LEFT_AFTER = timedelta(days=1)
LEFT = "it was left while it was being begun, and nobody took it up again"


class NotOffered(Refused):
    """No such service is named here, or it checks only people whose date of birth is told."""


class TooMany(Refused):
    """So many checks are begun by who wants to cost us money."""


class NoCheck(Exception):
    """The message is about no check that is known; it may be of one that is being begun."""


def service_of(code: str) -> Service:
    """Raises NotOffered."""
    found = SERVICES.get(code)
    if found is None or not found.is_offered():
        raise NotOffered(_("This verification service is not offered."))
    return found


def start(party: Party, *, service: str, path: str, by: User) -> str:
    """The page of the service to which the person goes; he comes back to `path`. That a check is being begun is written first, so
    that of two at once the later counts the one before; then the service is asked, while nothing is held. Whatever was begun
    there before is called off, unless the service goes on with it. Raises NotOffered, TooMany,
    ServiceAway, NotHere."""
    asked = service_of(service)
    organisations.membership_required(by, party.organisation)
    party = own(party, party.organisation)
    if not party.is_person or Confirmation.What.IDENTITY not in confirmations.said(party):
        raise NotOffered(_("Only a person whose date of birth you have told us is checked so."))
    row, is_taken_up = reserved(party, service, by=by)
    if is_taken_up:
        try:
            return begun(row, asked, path, by=by)
        except ServiceAway as away:
            give_up(row, why=str(away), by=by)
            raise
    with ExitStack() as unless_begun:
        unless_begun.callback(give_back, row)
        url = begun(row, asked, path, by=by)
        unless_begun.pop_all()
    return url


@transaction.atomic
def reserved(party: Party, service: str, *, by: User) -> tuple[OutsideCheck, bool]:
    """Counted and written under the organisation's lock. Until the service has named it, its own number stands in place of the
    reference. One that was left half begun is taken up again under its number, by which the service tells that it is the same
    and asks for no second fee; whether it was. Raises TooMany."""
    organisation = organisations.locked(party.organisation, by=by)
    refuse_too_many(organisation)
    being_begun = OutsideCheck.objects.filter(party=party, service=service, state=S.BEGINNING)
    left = being_begun.filter(started_at__lt=timezone.now() - BEGUN_WITHIN).order_by("pk").first()
    if left is not None:
        left.started_at, left.started_by = timezone.now(), by
        left.save(update_fields=["started_at", "started_by"])
        return left, True
    row = OutsideCheck.objects.create(
        organisation=organisation,
        party=party,
        service=service,
        state=S.BEGINNING,
        reference=secrets.token_hex(16),
        started_by=by,
    )
    return row, False


def give_back(row: OutsideCheck) -> None:
    """The service has begun none, so it does not count."""
    OutsideCheck.objects.filter(pk=row.pk, state=S.BEGINNING).delete()


@transaction.atomic
def give_up(row: OutsideCheck, *, why: str, by: User | None) -> None:
    """One that was left, and could not be taken up either: the next is begun under a number of its own. It counts, since the
    service may know of it."""
    organisations.held(row.organisation_id)
    if OutsideCheck.objects.filter(pk=row.pk, state=S.BEGINNING).update(state=S.CANCELLED):
        audit.record("outside.given_up", target=row, by=by, reason=why, name=row.party.name, service=row.service)


def left() -> QuerySet[OutsideCheck]:
    return OutsideCheck.objects.filter(state=S.BEGINNING, started_at__lt=timezone.now() - LEFT_AFTER)


class LeftChecks:
    """For the sweeper: whether any stands there that a process has left half begun."""

    name = "evidence.left_checks"

    def is_waiting(self) -> bool:
        return left().exists()


QUEUE = LeftChecks()


def expire() -> None:
    """Each is given up by the product itself. Repeated, it is silence."""
    for row in left().select_related("party").order_by("pk"):
        give_up(row, why=LEFT, by=None)


def begun(row: OutsideCheck, asked: Service, path: str, *, by: User) -> str:
    """Raises ServiceAway."""
    party, service = row.party, row.service
    began = asked.start(key=row.reference, name=party.name, return_url=settings.SITE_URL + path, now=time.time())
    with transaction.atomic():
        organisations.locked(party.organisation, by=by)
        if is_going_on(party, service, began.reference):
            give_back(row)
            return began.url
        for before in OutsideCheck.objects.open().select_for_update().filter(party=party, service=service):
            before.state = S.CANCELLED
            before.save(update_fields=["state"])
        row.reference, row.state = began.reference, S.STARTED
        row.save(update_fields=["reference", "state"])
        audit.record("outside.started", target=row, by=by, name=party.name, service=service)
    return began.url


def refuse_too_many(organisation: Organisation) -> None:
    """Of what was begun, and is being begun. Raises TooMany."""
    since = timezone.now() - timedelta(days=1)
    checks = OutsideCheck.objects.filter(organisation=organisation, started_at__gt=since)
    if checks.count() >= packs.current().confirmations.service("a_day"):
        raise TooMany(_("Many checks have been begun today. Begin this one tomorrow."))


def is_going_on(party: Party, service: str, reference: str) -> bool:
    """Whether the service names a check of this person that is open. Raises ServiceAway where it is over, or anybody else's."""
    with scope.everything():
        known = OutsideCheck.objects.filter(service=service, reference=reference).first()
    if known and (known.party_id != party.pk or known.state in OutsideCheck.FINAL):
        raise ServiceAway(_("The verification service answered with something else."))
    return known is not None


def receive(service: str, body: bytes, headers: Mapping[str, str]) -> str:
    """A message, believed by its signature alone; what became of it. The same one again is silence. Nobody is signed in, so
    nobody knows whose it is before it is read. Raises NotOffered, NotSigned, Unreadable, NoCheck, ServiceAway."""
    asked = service_of(service)
    message = asked.read(body, headers, now=time.time())
    digest = hashlib.sha256(body).hexdigest()
    with scope.everything():
        if known := OutsideMessage.objects.filter(service=service, event=message.event).first():
            return known.effect
        if not message.state:
            return str(E.IGNORED)
        is_known = OutsideCheck.objects.filter(service=service, reference=message.reference).exists()
    if not is_known:
        raise NoCheck(message.reference)
    message = asked.complete(message)
    with scope.everything(), transaction.atomic():
        return take(service, message, digest)


def take(service: str, message: Told, digest: str) -> str:
    """Under the organisation's lock and the check's, so that of messages that come at once each sees what the one before left."""
    found = OutsideCheck.objects.get(service=service, reference=message.reference)
    organisations.held(found.organisation_id)
    row = OutsideCheck.objects.select_for_update(of=("self",)).select_related("party", "organisation").get(pk=found.pk)
    if known := OutsideMessage.objects.filter(service=service, event=message.event).first():
        return known.effect
    is_new = told.changes(row.state, row.told_at, message)
    effect = E.APPLIED if is_new else E.STALE
    OutsideMessage.objects.create(
        organisation=row.organisation,
        check_about=row,
        service=service,
        event=message.event,
        kind=message.kind,
        at=message.at,
        sha256=digest,
        effect=effect,
    )
    if is_new:
        apply(row, message, digest)
    return str(effect)


def apply(row: OutsideCheck, message: Told, digest: str) -> None:
    row.state, row.told_at, row.result_sha256 = message.state, message.at, digest
    row.descriptors = {**row.descriptors, **message.descriptors, **agreeing(row.party, message)}
    row.save()
    audit.record("outside.told", target=row, by=None, name=row.party.name, service=row.service, state=row.state)
    if row.state == S.VERIFIED and is_the_person(row):
        what = Confirmation.What.IDENTITY
        text = confirmations.said(row.party).get(what)
        if text:
            mark = confirmations.mark_of(row.party, what, text)
            how = Confirmation.How.SERVICE
            facts = {"service": row.service, "reference": row.reference, "sha256": digest, **row.descriptors}
            row.confirmation = confirmations.make(row.party, what=what, how=how, value=text, mark=mark, by=None, **facts)
            row.save(update_fields=["confirmation"])


def agreeing(party: Party, message: Told) -> dict[str, str]:
    """Whether what the service read is what was told; the readings themselves are not kept."""
    if message.state != S.VERIFIED:
        return {}
    read = message.person
    names = [name for name in (party.name, party.native_name) if name]
    return {
        "name": "" if not read.name else "agrees" if is_same_person(read.name, *names) else "differs",
        "birth_date": "" if not read.birth_date else "agrees" if read.birth_date == str(party.birth_date) else "differs",
    }


def is_the_person(row: OutsideCheck) -> bool:
    """A service that verifies somebody has verified this person only where it says whom: the name and the date of birth agree."""
    return all(row.descriptors.get(part) == "agrees" for part in ("name", "birth_date"))
