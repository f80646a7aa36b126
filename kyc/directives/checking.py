"""Finds where each key stands to a directive and writes it down, in parts: keys of which nothing stands yet, whose facts have
changed since, or whose proof has run out. What stands is the queue, so that whoever is killed between two parts has lost
nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from kyc.directives import facts
from kyc.directives.facts import Asked
from kyc.directives.models import Directive, DirectiveException
from kyc.directives.population import OUTSIDE, USED_FROM, Population, Verdict, judge, population
from kyc.keys.models import Key
from kyc.keys.standing_models import StandingProof, alone
from kyc.rules import packs

A_PART = 2_000
A_DAY = timedelta(days=1)
# What a proof names, before facts are held still: whoever changes a fact holds its organisation first.
ORGANISATIONS = "SELECT 1 FROM accounts_organisation WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"
WRITTEN = ["verdict", "grounds", "missing", "valid_until", "checked_at", "stale_at"]


def over(directive: Directive) -> Population:
    return population(directive.population, directive.parameters)


def keys() -> QuerySet[Key]:
    """Those that a directive is about: of customers, and not revoked."""
    return Key.objects.filter(organisation__sandbox="").exclude(state=Key.State.REVOKED)


def current() -> Q:
    """Of proofs that need no look: nothing has changed since, and it has not run out."""
    return Q(stale_at__isnull=True) & (Q(valid_until__isnull=True) | Q(valid_until__gt=Now()))


def unchecked(directive: Directive) -> QuerySet[Key]:
    proofs = StandingProof.objects.filter(current(), standing=directive.standing_id, key=OuterRef("pk"))
    return keys().filter(~Exists(proofs))


def parts(rows: QuerySet[Key]) -> Iterator[list[Asked]]:
    """In the order of their numbers."""
    last = 0
    while True:
        found = rows.filter(pk__gt=last).order_by("pk").values_list("pk", "organisation", "responsible", "prefix")[:A_PART]
        part = facts.asked(found)
        if part:
            yield part
        if len(part) < A_PART:
            return
        last = part[-1].pk


def judged(part: list[Asked], asked: Population, *, now: datetime) -> Iterator[tuple[Asked, Verdict]]:
    for key, known in facts.of(part, asked, now=now):
        yield key, judge(asked, known, now=now)


def check(directive: Directive) -> Iterator[list[int]]:
    """Writes part after part, each in a transaction of its own; which keys each had."""
    asked = over(directive)
    for part in parts(unchecked(directive)):
        write(directive, part, asked)
        yield [key.pk for key in part]


@transaction.atomic
def write(directive: Directive, part: list[Asked], asked: Population) -> None:
    """What is read and what is written is of one moment: whoever changes a fact meanwhile waits, or is waited for and seen."""
    with connection.cursor() as cursor:
        cursor.execute(ORGANISATIONS, [[key.organisation for key in part]])
    alone()
    now = timezone.now()
    longest = now + timedelta(days=packs.current().directive("proof_days"))
    # From where keys were used is told by days of late, so that it changes with no fact: who is inside by it is looked at daily.
    again = now + A_DAY if USED_FROM in {test.fact for test in asked.tests} else longest
    StandingProof.objects.bulk_create(
        (
            StandingProof(
                standing_id=directive.standing_id,
                organisation_id=key.organisation,
                key_id=key.pk,
                verdict=found.verdict,
                grounds=list(found.grounds),
                missing=list(found.missing),
                valid_until=min(found.until or longest, longest) if found.verdict == OUTSIDE else again,
                checked_at=now,
            )
            for key, found in judged(part, asked, now=now)
        ),
        update_conflicts=True,
        unique_fields=["standing", "key"],
        update_fields=WRITTEN,
    )


def unkept(directive: Directive) -> QuerySet[DirectiveException]:
    """Those by which the whole organisation is outside no more, or only until tomorrow: looked at before that, since nobody who
    is left out is to be refused for a moment."""
    good = StandingProof.objects.good().filter(standing=directive.standing_id, key__isnull=True, valid_until__gt=Now() + A_DAY)
    return directive.exceptions.filter(~Exists(good.filter(organisation=OuterRef("organisation"))))


def keep_exceptions(directive: Directive) -> list[int]:
    """Of whom it was looked at again."""
    return [except_for(one).organisation_id for one in unkept(directive).select_related("organisation", "directive")]


def except_for(exception: DirectiveException) -> StandingProof:
    """All that the organisation holds is outside by the exception, for as long as any proof is relied on without another look."""
    now = timezone.now()
    until = now + timedelta(days=packs.current().directive("proof_days"))
    ground = {"fact": "exception", "row": exception.pk, "evidence": exception.appeal_id, "until": None}
    row, _ = StandingProof.objects.update_or_create(
        standing_id=exception.directive.standing_id,
        organisation=exception.organisation,
        key=None,
        defaults={"verdict": OUTSIDE, "grounds": [ground], "valid_until": until, "checked_at": now, "stale_at": None},
    )
    return row
