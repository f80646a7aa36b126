"""Who claims to be left out of FinCEN's rule, as a dossier tells it of one day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from kyc.evidence import actions as evidence
from kyc.evidence import exclusions as judged
from kyc.evidence.models import Document
from kyc.parties import exclusions as claims
from kyc.parties.models import Exclusion
from kyc.rules import packs
from reports.facts.left_out import exclusions
from reports.facts.reader import Reader
from tests.cast import Founded, customer, pdf, staff, submitted
from tests.reports.moments import uncommitted
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return submitted(customer())


@scene
def ana() -> User:
    return staff("analyst", "Ana Maric")


@scene
def claim(nordlys: Founded) -> Exclusion:
    return claims.claim(nordlys.party, ground="listed_company", reference="NYSE: NORD", by=nordlys.by)


@scene
def listing(nordlys: Founded) -> Document:
    return evidence.upload(nordlys.organisation, kind="licence", file=pdf(width=440), by=nordlys.by)


def told(found: Founded, *, days: int = 0) -> list[dict[str, str]]:
    snapshot = uncommitted()
    at = snapshot.taken_at + timedelta(days=days)
    return exclusions(Reader(organisation=found.organisation.pk, valid_at=at, snapshot=snapshot, pack=packs.current()))


class TestExclusions:
    def test_one_that_nobody_has_verified_stands_as_such(self, claim: Exclusion, nordlys: Founded) -> None:
        [row] = told(nordlys)
        assert (row["result"], row["reference"], row["rule"]) == ("not verified", "NYSE: NORD", "FIN-04: 31 CFR 1010.230(e)(2)")
        assert (row["claimed_by"], row["document"], row["ruled_by"], row["until"]) == ("Alice Olsen", "", "", "")

    def test_one_that_is_verified_with_its_document_and_day(
        self, claim: Exclusion, listing: Document, nordlys: Founded, ana: User
    ) -> None:
        made = judged.rule(claim, ruling="verified", document=listing, reason="On its list.", by=ana)
        [row] = told(nordlys)
        assert (row["result"], row["ruled_by"], row["until"], row["reason"]) == (
            "verified", "Ana Maric", str(made.valid_until), "On its list.",
        )  # fmt: skip
        assert row["document"] == "Licence, listing or entry with a regulator, extract.pdf"
        [later] = told(nordlys, days=366)
        assert later["result"] == f"not relied on: it was verified until {made.valid_until} only"

    def test_one_that_was_not_accepted_and_one_whose_document_is_gone(
        self, claim: Exclusion, listing: Document, nordlys: Founded, ana: User
    ) -> None:
        judged.rule(claim, ruling="rejected", reason="Another of that name.", by=ana)
        assert told(nordlys)[0]["result"] == "not accepted"
        judged.rule(claim, ruling="verified", document=listing, reason="On its list.", by=ana)
        evidence.remove(listing, by=nordlys.by)
        assert told(nordlys)[0]["result"] == "not relied on: the document that showed it has been taken back"

    def test_none_that_is_taken_back_and_none_before_it_was_said(self, claim: Exclusion, nordlys: Founded) -> None:
        claims.withdraw(claim, by=nordlys.by)
        assert told(nordlys) == []
        Exclusion.objects.filter(pk=claim.pk).update(valid_to=None, valid_from=timezone.localdate() + timedelta(days=3))
        assert told(nordlys) == []
        assert len(told(nordlys, days=4)) == 1
