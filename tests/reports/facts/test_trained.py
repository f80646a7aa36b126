"""R-07: who the customer is, each training run that was known, and what was to be told of it by when."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts import snapshots
from accounts.models import Organisation, User
from accounts.permissions import NotPermitted
from kyc.directives.training import actions
from kyc.directives.training.models import TrainingRun
from kyc.rules import packs
from reports import actions as reports
from reports import canonical, pdf
from reports.facts.frame import LANGUAGE
from reports.facts.trained import TRAINING
from tests import cast
from tests.cast import Founded
from tests.kyc.directives.training.scenes import TRAINED
from tests.reports import specimen
from tests.reports.test_pdf import extracted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana() -> User:
    return cast.staff("analyst", "Ana Maric")


@pytest.fixture
def rui() -> User:
    return cast.staff("approver", "Rui Duarte")


@pytest.fixture
def nordlys() -> Founded:
    return cast.founded(cast.customer())


@pytest.fixture
def run(nordlys: Founded, ana: User) -> TrainingRun:
    return actions.record(nordlys.organisation, TRAINED, known_on=timezone.localdate() - timedelta(days=20), by=ana)


def told(organisation: int, **more: Any) -> dict[str, Any]:
    snapshot = more.pop("snapshot", None) or snapshots.take()
    with translation.override(LANGUAGE):
        *_, (_name, facts) = TRAINING.build(
            organisation=organisation, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current(), parameters=more
        )
    return facts


def test_each_run_is_told_to_the_letter_with_its_clock(nordlys: Founded, run: TrainingRun) -> None:
    [row] = told(nordlys.organisation.pk)["runs"]
    assert (row["number"], row["operations"], row["accelerators"]) == (run.number, "2e26", TRAINED.accelerators)
    [duty] = row["duties"]
    assert (duty["kind"], duty["stands"]) == ("First report", "overdue, not filed")
    assert duty["due_on"] == (run.known_on + timedelta(days=15)).isoformat()


def test_filed_it_says_by_whom_when_and_under_what(nordlys: Founded, run: TrainingRun, ana: User, rui: User) -> None:
    filing = actions.prepare(run.duties.get(), by=ana)
    assert told(nordlys.organisation.pk)["runs"][0]["duties"][0]["filings"] == []
    actions.take(filing, filed_on=timezone.localdate(), reference="C-77", by=rui)
    [duty] = told(nordlys.organisation.pk)["runs"][0]["duties"]
    assert duty["stands"] == "filed late"
    [one] = duty["filings"]
    assert (one["reference"], one["prepared_by"], one["filed_by"]) == ("C-77", "Ana Maric", "Rui Duarte")


def test_nothing_to_report_says_who_found_so(nordlys: Founded, run: TrainingRun, ana: User, rui: User) -> None:
    actions.take(actions.dismiss(run.duties.get(), reason="Too small.", by=ana), by=rui)
    [duty] = told(nordlys.organisation.pk)["runs"][0]["duties"]
    assert (duty["stands"], duty["filings"][0]["note"]) == ("two officers found nothing to report", "Too small.")


def test_what_is_not_known_is_said(nordlys: Founded, ana: User) -> None:
    said = replace(TRAINED, operations=None, location="")
    actions.record(nordlys.organisation, said, known_on=timezone.localdate(), by=ana)
    unknown = {row["sentence"] for row in told(nordlys.organisation.pk)["completeness"]["unknowns"]}
    assert "Not known: operations, location." in unknown


def test_another_customers_are_not_told(nordlys: Founded, run: TrainingRun) -> None:
    other = cast.founded(cast.customer("bob@outside.example", "Bob"), name="Outside AS", person="Bob")
    assert told(other.organisation.pk)["runs"] == []


def test_the_rule_behind_it_is_proposed_and_binds_nobody(nordlys: Founded, run: TrainingRun) -> None:
    bases = {one["citation"]: one["status"] for one in told(nordlys.organisation.pk)["legal_bases"]}
    assert bases["15 CFR 7.308; 89 FR 5698"] == "proposed"


def test_the_same_inputs_give_the_same_bytes_whatever_is_known_later(nordlys: Founded, run: TrainingRun, ana: User) -> None:
    snapshot = snapshots.take()
    first = canonical.sha256(canonical.encode(told(nordlys.organisation.pk, snapshot=snapshot)))
    actions.amend(run, replace(TRAINED, location="Elsewhere"), by=ana)
    assert canonical.sha256(canonical.encode(told(nordlys.organisation.pk, snapshot=snapshot))) == first
    assert told(nordlys.organisation.pk)["runs"][0]["location"] == "Elsewhere"


def test_people_are_told_minimised_unless_in_full(nordlys: Founded, run: TrainingRun) -> None:
    assert told(nordlys.organisation.pk)["profile"] == "minimised"
    assert told(nordlys.organisation.pk, profile="full")["profile"] == "full"


def test_two_issue_it_and_others_neither_ask_nor_see(organisation: Organisation, ana: User) -> None:
    made = reports.request(organisation, kind="R-07", by=ana)
    assert made.proposal is not None
    tove = cast.staff("investigator", "Tove Lien")
    with pytest.raises(NotPermitted):
        reports.request(organisation, kind="R-07", by=tove)
    assert cast.signed_in(tove).get(f"/reports/{made.pk}/").status_code == 404


def test_its_pages_say_what_its_facts_do(nordlys: Founded, run: TrainingRun) -> None:
    facts = told(nordlys.organisation.pk)
    text = extracted(pdf.render(facts, specimen.envelope(facts)))
    assert all(word in text for word in (run.number, "2e26", "4,096 of H200", "Luleå, Sweden", "proposed", "overdue"))


def test_of_nobody_its_pages_say_so(nordlys: Founded) -> None:
    facts = told(nordlys.organisation.pk)
    page = render_to_string("reports/paper/r-07.html", {"report": facts, "envelope": specimen.envelope(facts)})
    assert "No training run of the customer was known." in page
