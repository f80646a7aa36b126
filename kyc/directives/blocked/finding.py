"""The product makes the record itself, once two officers have ruled that a customer is whom a list of blocked parties names, or
that such parties own it: from that day the clock runs, whether anybody looks or not. Officers are reminded before it is over.
Nothing of it is told to the customer: the hold on his keys, or the decision of his case, says what it says to anybody."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, messages
from accounts.models import Organisation, User
from accounts.permissions import ROLES, Permission
from config import jobs
from kyc.cases.models import Entity, Examination
from kyc.cases.round import structure
from kyc.directives.blocked import facts
from kyc.directives.blocked.models import BlockedRecord
from kyc.keys.models import Hold
from kyc.ownership.graph import everyone
from kyc.ownership.models import Determination, Interest, holdings
from kyc.ownership.regimes import answers
from kyc.ownership.rule import OFAC, rule
from kyc.ownership.verdicts import YES
from kyc.parties.models import Party, Role
from kyc.rules import packs
from kyc.screening.entries import Topic
from kyc.screening.models import Hit

logger = logging.getLogger(__name__)

K, B, S = BlockedRecord.Kind, BlockedRecord.Basis, BlockedRecord.State
IS_SANCTION = Q(topics=[]) | Q(topics__contains=[Topic.SANCTION])
# What came to an end does not answer for what is ruled on, or bought, after that.
ENDED = (S.RELEASED, S.DISMISSED)


class Found:
    """For the sweeper: whether something was blocked that no record tells of, or officers are to be reminded."""

    name = "directives.blocked"

    def is_waiting(self) -> bool:
        return listed().exists() or nearly_due().exists() or any(True for _row in owned())


QUEUE = Found()


def of_customer() -> Exists:
    return Exists(Role.objects.live().filter(party=OuterRef("party"), kind=Role.Kind.CUSTOMER))


def blocking() -> QuerySet[Hit]:
    """Matches with entries of lists that block, which officers have ruled to be the same."""
    rows = Hit.objects.current().filter(IS_SANCTION, ruling=Hit.Ruling.TRUE, source__in=packs.current().blocking_lists)
    return rows.filter(organisation__in=Organisation.objects.real())


def listed() -> QuerySet[Hit]:
    """Of customers themselves, while no record of the same entry stands."""
    same = BlockedRecord.objects.filter(
        organisation=OuterRef("organisation"), hit__source=OuterRef("source"), hit__entry_id=OuterRef("entry_id")
    )
    standing = same.filter(~Q(state__in=ENDED) | Q(kept_from__gte=OuterRef("ruled_at")))
    return blocking().filter(of_customer(), ~Exists(standing))


def determined() -> QuerySet[Determination]:
    """By the newest round of a customer who is not listed himself, once no match with such a list waits for a ruling: until then
    the arithmetic says what were so."""
    rounds = Examination.objects.filter(organisation=OuterRef("organisation"), state=Examination.State.DONE)
    newer = rounds.filter(pk__gt=OuterRef("examination_id"))
    of_same = Q(organisation=OuterRef("organisation"))
    open_ones = Hit.objects.open().current().filter(of_same, source__in=packs.current().blocking_lists)
    same = records().filter(of_same).exclude(state__in=ENDED)
    rows = Determination.objects.filter(of_customer(), regime=OFAC, verdict=YES)
    return rows.filter(Exists(blocking().filter(of_same)), ~Exists(newer), ~Exists(open_ones), ~Exists(same)).exclude(
        Exists(blocking().filter(of_same & Q(party=OuterRef("party"))))
    )


def records() -> QuerySet[BlockedRecord]:
    return BlockedRecord.objects.filter(basis__in=[B.OWNED, B.LISTED])


def owned() -> Iterator[tuple[Determination, datetime]]:
    """Each with the instant since when it is so, of which no record tells."""
    for row in determined().select_related("organisation").order_by("pk"):
        since = None
        with alone(row):
            since = owned_since(row)
        if since:
            yield row, since


def owned_since(row: Determination) -> datetime | None:
    ruled_at = reached_at(row)
    if ruled_at is None:
        return None
    since = max(ruled_at, first_round(row).determined_at)
    is_told = records().filter(organisation=row.organisation_id, kept_from__gte=since).exists()
    return None if is_told else since


def reached_at(row: Determination) -> datetime | None:
    """The ruling by which parties of lists that block came to own the customer. The regime goes by every list of sanctions: where
    another one's match counts as well, these alone have to reach the customer, or there is none. Where none does, interests that
    were changed since the round undo nothing of it."""
    organisation, subject = row.organisation_id, str(row.party_id)
    sure = list(blocking().filter(organisation=organisation).order_by("ruled_at", "pk"))
    interests = holdings(Interest.objects.live().filter(organisation=organisation).order_by("pk"))
    involved = {subject, *everyone(interests), *(str(hit.party_id) for hit in sure)}
    parties = {str(party.pk): party for party in Party.objects.filter(organisation=organisation, pk__in=map(int, involved))}
    graph = structure(parties, interests, {pk: party.name for pk, party in parties.items()})
    wanted, listed = rule(packs.current(), OFAC), set()
    for hit in sure:
        listed.add(str(hit.party_id))
        if answers(graph, subject, wanted, listed)(subject).verdict == YES:
            return hit.ruled_at
    others = Hit.objects.current().filter(IS_SANCTION, organisation=organisation).exclude(ruling=Hit.Ruling.FALSE)
    is_by_others = others.exclude(source__in=packs.current().blocking_lists).exists()
    return None if is_by_others or not sure else sure[-1].ruled_at


def first_round(row: Determination) -> Determination:
    """Of those that have said the same since one last said otherwise."""
    rounds = Determination.objects.filter(organisation=row.organisation_id, party=row.party_id, regime=OFAC)
    earlier = rounds.filter(examination_id__lt=row.examination_id).order_by("-examination_id")
    other = earlier.exclude(verdict=YES).first()
    since = earlier.filter(examination_id__gt=other.examination_id) if other else earlier
    return since.last() or row


@contextmanager
def alone(row: Any) -> Iterator[None]:
    """What goes wrong with one row is told in the log, and the next is done."""
    try:
        yield
    except jobs.DATABASE_IS_AWAY:
        raise
    except Exception as error:
        trace = "".join(traceback.format_tb(error.__traceback__))
        logger.error("%s %s: %s\n%s", QUEUE.name, row, jobs.told(error), trace)


def nearly_due() -> QuerySet[BlockedRecord]:
    until = timezone.localdate() + timedelta(days=packs.current().blocked("remind_days"))
    rows = BlockedRecord.objects.open().filter(due_on__lte=until)
    return rows.filter(Q(reminded_for__isnull=True) | ~Q(reminded_for=F("due_on")))


def run() -> None:
    """Twice is once, each in a transaction of its own."""
    for hit in listed().select_related("organisation", "list_version").order_by("pk"):
        with alone(hit):
            made(hit.organisation, hits=[hit], since=hit.ruled_at, hit=hit)
    for row, since in owned():
        with alone(row):
            sure = blocking().filter(organisation=row.organisation).select_related("list_version").order_by("pk")
            made(row.organisation, hits=list(sure), since=since, determination=row)
    for record in nearly_due().order_by("pk"):
        with alone(record.number):
            remind(record.pk)


@transaction.atomic
def made(
    organisation: Organisation,
    *,
    hits: list[Hit],
    since: datetime | None,
    hit: Hit | None = None,
    determination: Determination | None = None,
) -> BlockedRecord | None:
    """With what is known, `since` when it is so; officers complete the rest. Property is blocked where there was a customer, else
    the service was refused to whom asked for it."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    still = listed().filter(pk=hit.pk) if hit else determined().filter(pk=determination.pk if determination else 0)
    if not still.exists():
        return None
    hold = Hold.objects.live().filter(on_organisation=organisation).order_by("pk").first()
    is_customer = hold is not None or Entity.objects.filter(organisation=organisation).exists()
    programmes = dict.fromkeys(name for one in hits for name in facts.entry(one)["programmes"])
    record = put(
        organisation,
        kind=K.BLOCKED if is_customer else K.REJECTED,
        basis=B.LISTED if hit else B.OWNED,
        hit=hit,
        determination=determination,
        facts=facts.gathered(organisation, hits=hits, determination=determination),
        happened_on=timezone.localdate(since),
        programme=", ".join(programmes)[:200],
        made_by=None,
    )
    audit.record("blocked.recorded", target=record, by=None, record=record.number, basis=record.basis, kind=record.kind)
    return record


def put(organisation: Organisation, **said: Any) -> BlockedRecord:
    """The row, its clock begun."""
    pack = packs.current()
    is_rejected = said["kind"] == K.REJECTED
    return BlockedRecord.objects.create(
        organisation=organisation,
        holder=facts.holder(organisation),
        due_on=pack.blocked_due(said["happened_on"]),
        rule_pack=pack.version,
        kept_from=timezone.now() if is_rejected else None,
        **said,
    )


@transaction.atomic
def remind(pk: int) -> None:
    """Whoever files, by mail that names no customer."""
    found = nearly_due().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if found is None:
        return
    found.reminded_for = found.due_on
    found.save(update_fields=["reminded_for"])
    subject = _("A report to OFAC is due on %(day)s") % {"day": found.due_on.isoformat()}
    for officer in filing_officers():
        messages.queue_template("blocked_due", to=officer.email, subject=subject, organisation=None, record=found)
    audit.record("blocked.reminded", target=found, by=None, record=found.number, on=found.due_on.isoformat())


def filing_officers() -> QuerySet[User]:
    roles = [role for role, powers in ROLES.items() if {Permission.BLOCKED_WORK, Permission.REPORT_APPROVE} <= powers]
    return User.objects.filter(is_active=True, staff_role__in=roles).order_by("pk")
