"""How long it takes to find what is due among many organisations, and that it grows no faster than they do."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import retention
from accounts.models import Membership, Organisation, Proposal, User
from kyc.cases.models import Case, Decision, Entity
from kyc.evidence.models import Document
from kyc.parties.models import Party
from tests import cast, figures

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
MANY = 10_000
ON = date(2040, 1, 1)


def filled(first: int, last: int, *, alice: User, ana: User, rui: User) -> None:
    """Organisations that are closed: each with a member, a party, a document, a case, a decision and the entity it made."""
    now = timezone.now()
    made = Organisation.objects.bulk_create(Organisation(name=f"Customer {n}") for n in range(first, last))
    Membership.objects.bulk_create(Membership(organisation=org, user=alice, role="owner") for org in made)
    parties = [Party(organisation=org, kind="company", name=org.name) for org in made]
    Party.objects.bulk_create(parties)
    Document.objects.bulk_create(
        Document(organisation=org, kind="other", name="x.pdf", content_type="application/pdf", size=1, sha256="0" * 64,
                 uploaded_by=alice)
        for org in made
    )  # fmt: skip
    cases = Case.objects.bulk_create(Case(organisation=org, in_state_since=now) for org in made)
    proposals = Proposal.objects.bulk_create(
        Proposal(organisation=org, kind="case.decision", choice="approve", reason="x", proposed_by=ana) for org in made
    )
    Proposal.objects.filter(outcome="").update(outcome="taken", outcome_by=rui, outcome_at=now)
    decisions = Decision.objects.bulk_create(
        Decision(organisation=case.organisation, case=case, proposal=proposal)
        for case, proposal in zip(cases, proposals, strict=True)
    )
    Entity.objects.bulk_create(
        Entity(organisation=decision.organisation, party=party, decision=decision, reference=f"E-{decision.pk}", name="x",
               valid_from=now, valid_until=now + timedelta(days=1), ended_at=now)
        for decision, party in zip(decisions, parties, strict=True)
    )  # fmt: skip
    Organisation.objects.filter(pk__in=[org.pk for org in made]).update(
        closed_at=datetime(2027, 1, 1, tzinfo=UTC), closed_by=alice, closing_reason="bench"
    )


def timed() -> tuple[float, int]:
    started = time.perf_counter()
    found = sum(1 for _due in retention.due(ON))
    return time.perf_counter() - started, found


def test_what_is_due_is_found_in_time() -> None:
    people = {"alice": cast.customer(), "ana": cast.staff("analyst"), "rui": cast.staff("approver")}
    filled(0, MANY // 10, **people)
    few, _found = min(timed() for _ in range(3))
    filled(MANY // 10, MANY, **people)
    many, found = min(timed() for _ in range(3))
    classes = len(retention.CLASSES)
    told = {
        f"due among {MANY // 10}": f"{few:.2f} s",
        f"due among {MANY}": f"{many:.2f} s",
        "100,000 at that speed": f"{many * 10:.1f} s",
    }
    figures.keep("retention", seeds=[], figures=told)
    assert found == MANY * classes
    assert many < 6
