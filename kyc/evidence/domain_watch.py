"""Control of a domain: what the customer publishes, looked for when he says so and from time to time; lost when it is gone."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import User
from accounts.refused import Refused
from config import jobs
from kyc.evidence import confirmations
from kyc.evidence.confirmation_models import Confirmation, DomainChallenge
from kyc.evidence.confirming import domains, lookups, reaching
from kyc.evidence.confirming.domains import Found
from kyc.parties.actions import own
from kyc.parties.models import Party
from kyc.rules import packs

S = DomainChallenge.State
STANDING = (S.OPEN, S.DUE, S.HELD, S.FAILED)
BETWEEN = timedelta(seconds=30)


class NoDomain(Refused):
    """The party names no domain."""


class NotOpen(Refused):
    """Nothing is to be looked for, or the domain was changed meanwhile."""


class Watch(jobs.Queue):
    """Those looked for now, and those held whose day has come again."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or due().exists()


QUEUE = Watch(
    name="domains.look",
    model=DomainChallenge,
    field="state",
    ready=S.DUE,
    failed=S.FAILED,
    lease=timedelta(seconds=120),
    since="due_at",
    # What the clock makes due is a matter of hours.
    sweeps=30,
)


def due() -> QuerySet[DomainChallenge]:
    return DomainChallenge.objects.filter(state=S.HELD, due_at__lte=timezone.now())


@transaction.atomic
def challenge(party: Party, *, by: User) -> DomainChallenge:
    """What is to be published for the party's domain; the same as long as the domain is. Raises NoDomain, NotHere."""
    organisation = organisations.locked(party.organisation, by=by)
    party = own(party, organisation)
    if not party.domain:
        raise NoDomain(_("%(name)s has not told us a domain.") % {"name": party.name})
    standing = DomainChallenge.objects.select_for_update().filter(party=party, state__in=STANDING).first()
    if standing and standing.domain == party.domain:
        return standing
    if standing:
        standing.state = S.ENDED
        standing.save(update_fields=["state"])
    row = DomainChallenge.objects.create(
        organisation=organisation, party=party, domain=party.domain, token=domains.token(), asked_by=by
    )
    audit.record("domain.challenged", target=row, by=by, name=party.name, domain=row.domain)
    return row


@transaction.atomic
def look(row: DomainChallenge, *, by: User) -> DomainChallenge:
    """The customer says that it is published: a worker looks. Asked again within half a minute, it is silence. Raises NotOpen."""
    organisations.locked(row.organisation, by=by)
    row = DomainChallenge.objects.select_for_update().select_related("party").get(pk=row.pk)
    if row.state not in {S.OPEN, S.FAILED, S.DUE} or row.domain != row.party.domain:
        raise NotOpen(_("The domain has been changed, or shown to be yours, meanwhile."))
    is_soon = row.looked_at is not None and timezone.now() - row.looked_at < BETWEEN
    if row.state == S.DUE or is_soon:
        return row
    if row.state == S.FAILED:
        row.job_token, row.claimed_until, row.claims, row.errors = None, None, 0, 0
    row.state, row.due_at = S.DUE, timezone.now()
    row.save()
    audit.record("domain.asked", target=row, by=by, name=row.party.name, domain=row.domain)
    jobs.woke("domain.asked")
    return row


def run() -> None:
    due().update(state=S.DUE)
    for claim in QUEUE.claims():
        with claim:
            asked: DomainChallenge = claim.row
            found = search(asked.domain, asked.token)
            with transaction.atomic():
                # What was confirmed may have been ended while the name servers were asked.
                organisations.held(asked.organisation_id)
                row = DomainChallenge.objects.select_related("party", "organisation", "confirmation__party").get(pk=asked.pk)
                state, confirmation = judged(row, found)
                with claim.finish(state=state, confirmation=confirmation, **noted(row, found)):
                    if state == S.LOST:
                        lost(row, found)


def search(domain: str, token: str) -> Found:
    """In the DNS, then on the web site. AWAY where neither says anything at all."""
    try:
        in_dns = domains.in_records(lookups.texts(domains.record_name(domain)), token)
    except lookups.NoAnswer:
        in_dns = Found.AWAY
    if in_dns == Found.DNS:
        return in_dns
    try:
        answer = reaching.get(f"https://{domains.ascii_name(domain)}{domains.PATH}", reach=reaching.strangers)
        on_site = domains.in_file(answer.body, token) if answer.status == 200 else Found.NOTHING
    except reaching.Unreachable:
        on_site = Found.AWAY
    return next((one for one in (Found.WEB_FILE, Found.OTHER, Found.NOTHING) if one in {in_dns, on_site}), Found.AWAY)


def is_there(found: Found) -> bool:
    return found in {Found.DNS, Found.WEB_FILE}


def judged(row: DomainChallenge, found: Found) -> tuple[str, Confirmation | None]:
    """How it stands from now on, and by what. A domain is lost once it was missed so often in a row: a name server that is away
    for a night takes nobody's domain from him."""
    held = row.confirmation
    if row.party.domain != row.domain or row.party.removed_on or row.organisation.is_closed or (held and held.ended_at):
        return S.ENDED, held
    if is_there(found):
        return S.HELD, made(row, found)
    if held is None:
        return S.OPEN, None
    is_gone = row.misses + 1 >= packs.current().confirmations.domain("misses")
    return (S.LOST if is_gone else S.HELD), held


def made(row: DomainChallenge, found: Found) -> Confirmation:
    """The one that stands, until half of its time is over."""
    held, rules = row.confirmation, packs.current().confirmations
    if held and held.how == found and held.valid_until - timezone.localdate() > timedelta(days=rules.valid_days(found) // 2):
        return held
    mark = confirmations.mark_of(row.party, Confirmation.What.DOMAIN, row.domain)
    if held:
        confirmations.ended(held, because="confirmed anew", by=None)
    return confirmations.make(
        row.party, what=Confirmation.What.DOMAIN, how=found, value=row.domain, mark=mark, by=None, challenge=row.pk
    )


def noted(row: DomainChallenge, found: Found) -> dict[str, Any]:
    rules, now = packs.current().confirmations, timezone.now()
    if is_there(found):
        return {"looked_at": now, "found": found, "misses": 0, "due_at": now + timedelta(days=rules.domain("every_days"))}
    misses = row.misses + 1 if row.confirmation_id else 0
    return {"looked_at": now, "found": found, "misses": misses, "due_at": now + timedelta(hours=rules.domain("again_hours"))}


def lost(row: DomainChallenge, found: Found) -> None:
    """Recorded, and what rested on it ends."""
    if row.confirmation and row.confirmation.ended_at is None:
        confirmations.ended(row.confirmation, because="no longer found on the domain", by=None)
    audit.record("domain.lost", target=row, by=None, name=row.party.name, domain=row.domain, found=found)
