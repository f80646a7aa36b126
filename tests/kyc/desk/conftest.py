"""Cases as the desk meets them: sent, examined, waiting for an officer."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from kyc.cases.models import Case, Examination, Finding
from kyc.parties.models import Party
from kyc.risk.models import Factor, Score
from kyc.screening.models import Hit, ListEntry, ListVersion
from tests import cast
from tests.stage import scene


@pytest.fixture
def ana(db: None) -> User:
    return cast.staff("analyst", "Ana Maric")


@pytest.fixture
def rui(db: None) -> User:
    return cast.staff("approver", "Rui Duarte")


@pytest.fixture
def auditor(db: None) -> User:
    return cast.staff("auditor", "Astrid Lund")


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.filter(email="alice@nordlys.example").first() or cast.customer()


@pytest.fixture
def charlie(db: None) -> User:
    return cast.customer("charlie@outside.example", "Charlie")


@pytest.fixture
def as_ana(ana: User) -> Client:
    return cast.signed_in(ana)


@pytest.fixture
def as_rui(rui: User) -> Client:
    return cast.signed_in(rui)


def examined(case: Case, *, value: int = 12, band: str = "low") -> Examination:
    """As the worker leaves it: a score, a finding, the case in review."""
    examination = case.examinations.get()
    told = {"entries_count": 1, "published": date(2024, 5, 2)}
    version, _ = ListVersion.objects.get_or_create(source="ofac-sdn", sha256="1" * 64, defaults=told)
    used = [{"id": version.pk, "source": "ofac-sdn", "published": "2024-05-02"}]
    Examination.objects.filter(pk=examination.pk).update(state="done", done_at=timezone.now(), lists=used)
    Case.objects.filter(pk=case.pk).update(state=Case.State.REVIEW)
    score = Score.objects.create(
        organisation=case.organisation, value=value, band=band, rule_pack="2026.11", examination_id=examination.pk
    )
    Factor.objects.create(organisation=case.organisation, score=score, code="x", points=value, sentence="Run from elsewhere.")
    Finding.objects.create(
        organisation=case.organisation,
        examination=examination,
        category="ownership",
        state="good",
        sentence="1 person owns 25 % or more.",
        anchor="ownership",
    )
    return examination


def made(name: str = "Nordlys Modelling AS", *, email: str = "alice@nordlys.example", **score: Any) -> Case:
    by = User.objects.filter(email=email).first() or cast.customer(email)
    found = cast.submitted(by, name=name)
    case = found.organisation.case_set.get()
    examined(case, **score)
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def make(db: None) -> Callable[..., Case]:
    return made


@scene
def case() -> Case:
    return made()


@scene
def by(case: Case) -> User:
    """Whose case it is."""
    return User.objects.get(email="alice@nordlys.example")


@scene
def person(case: Case) -> Party:
    return Party.objects.get(organisation=case.organisation, kind="person")


@scene
def hit(case: Case) -> Hit:
    version = ListVersion.objects.create(
        source="ofac-sdn", published=date(2024, 5, 2), sha256="0" * 64, entries_count=1, is_active=True
    )
    ListEntry.objects.create(
        version=version, entry_id="18782", kind="person", name="OLSEN, Alice", programmes=["SDGT"], birth_dates=["1961"]
    )
    Examination.objects.filter(case=case).update(lists=[{"id": version.pk, "source": "ofac-sdn", "published": "2024-05-02"}])
    party = case.organisation.party_set.get(kind="person")
    return cast.matched(party, version, entry_id="18782", entry_name="OLSEN, Alice", reasons=["Same words: alice, olsen."])
