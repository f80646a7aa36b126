"""An officer's word, on the case page, on what a company claims to be left out of."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document, ExclusionRuling
from kyc.parties.models import Exclusion, Party
from tests import cast


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def shown(client: Client, case: Case) -> str:
    page = client.get(f"/desk/cases/{case.pk}/", {"tab": "people"}).content.decode()
    assert 'id="left-out"' in page
    return plain(page[page.index('id="left-out"') : page.index('id="owners"')])


def rule(client: Client, case: Case, claim: Exclusion, **said: Any) -> Any:
    return client.post(f"/desk/cases/{case.pk}/exclusions/{claim.pk}/rule/", said)


@pytest.fixture
def claim(case: Case, by: User) -> Exclusion:
    """Said before it was sent."""
    nordlys = Party.objects.get(organisation=case.organisation, kind="company")
    return Exclusion.objects.create(
        organisation=case.organisation, party=nordlys, ground="listed_company", reference="NYSE: NORD", rule_pack="2026.11",
        claimed_by=by, valid_from=timezone.localdate(),
    )  # fmt: skip


@pytest.fixture
def listing(case: Case, by: User) -> Document:
    return evidence.upload(case.organisation, kind="licence", file=cast.pdf(width=440), by=by)


class TestFacts:
    def test_there_is_no_card_where_nothing_is_claimed(self, as_ana: Client, case: Case) -> None:
        assert 'id="left-out"' not in as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "people"}).content.decode()

    def test_tell_who_claims_what_and_that_nothing_rests_on_it(self, as_ana: Client, case: Case, claim: Exclusion) -> None:
        told = shown(as_ana, case)
        assert "Nordlys Modelling AS not verified, so not relied on Company listed on NYSE" in told
        assert "FIN-04: 31 CFR 1010.230(e)(2) · NYSE: NORD · claimed by" in told

    def test_whoever_only_reads_the_case_is_offered_no_form(self, case: Case, claim: Exclusion) -> None:
        told = shown(cast.signed_in(cast.staff("auditor")), case)
        assert "NYSE: NORD" in told and "Verify, or do not accept" not in told

    def test_of_many_claims_takes_no_more_queries(self, as_ana: Client, case: Case, claim: Exclusion, listing: Document) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                shown(as_ana, case)
            return len(queries)

        asked()
        before = asked()
        for ground in ("insurer", "accounting_firm", "holding_company"):
            claim.pk, claim.ground = None, ground
            claim.save(force_insert=True)
        assert asked() == before


class TestRule:
    def test_verifies_until_a_day(self, as_ana: Client, case: Case, claim: Exclusion, listing: Document, ana: User) -> None:
        as_ana.get(f"/desk/cases/{case.pk}/documents/{listing.pk}/")
        until = timezone.localdate() + timedelta(days=30)
        said = {"ruling": "verified", "document": listing.pk, "valid_until": str(until), "reason": "On the list of 3 May."}
        assert rule(as_ana, case, claim, **said).status_code == 302
        made = ExclusionRuling.objects.get()
        assert (made.document, made.valid_until, made.ruled_by, made.reason) == (listing, until, ana, "On the list of 3 May.")
        assert f"verified until {until} Company listed" in shown(as_ana, case)
        assert "On the list of 3 May." in shown(as_ana, case)

    def test_does_not_accept_and_what_was_said_before_stays_to_be_read(
        self, as_ana: Client, case: Case, claim: Exclusion
    ) -> None:
        for reason in ("No listing found.", "Another of that name."):
            assert rule(as_ana, case, claim, ruling="rejected", reason=reason).status_code == 302
        told = shown(as_ana, case)
        assert "not accepted Company listed" in told
        assert "Before: It is not shown: not accepted · No listing found." in told

    @pytest.mark.parametrize(
        ("said", "sentence"),
        [
            ({}, "Say whether it is verified."),
            ({"ruling": "rejected"}, "Write what you found, for whoever reads it later."),
            ({"ruling": "verified", "reason": "So.", "document": ""}, "Choose the document that shows it."),
            ({"ruling": "verified", "reason": "So."}, "You have not opened “extract.pdf” yet."),
            ({"ruling": "verified", "reason": "So.", "valid_until": "soon"}, "Write the day as 2026-11-30."),
        ],
    )
    def test_is_refused_in_a_sentence(
        self, as_ana: Client, case: Case, claim: Exclusion, listing: Document, said: dict[str, str], sentence: str
    ) -> None:
        answer = rule(as_ana, case, claim, **{"document": listing.pk} | said)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert not ExclusionRuling.objects.exists()

    def test_of_a_claim_of_another_case_is_not_found(self, as_ana: Client, case: Case, claim: Exclusion) -> None:
        other = cast.submitted(cast.customer("bob@sorvik.example", "Bob Berg"), name="Sorvik AS", person="Bob Berg")
        theirs = other.organisation.case_set.get()
        assert rule(as_ana, theirs, claim, ruling="rejected", reason="So.").status_code == 404
