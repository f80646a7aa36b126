"""An officer's word on what a company claims, and what may be relied on."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from kyc.evidence import actions as evidence
from kyc.evidence.exclusions import BadDay, BadRuling, Unexplained, claims, rule
from kyc.evidence.models import Document, ExclusionRuling
from kyc.evidence.proofs import NotAProof
from kyc.ownership.exclusions import Claim
from kyc.parties import exclusions
from kyc.parties.models import Exclusion
from tests.cast import Founded, customer, founded, pdf, staff
from tests.kyc.cases.scenes import audit_breaks
from tests.stage import scene

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@scene
def nordlys() -> Founded:
    return founded(customer())


@scene
def ana() -> User:
    return staff("analyst", "Ana Maric")


@scene
def claim(nordlys: Founded) -> Exclusion:
    return exclusions.claim(nordlys.party, ground="listed_company", reference="NYSE: NORD", by=nordlys.by)


@scene
def listing(nordlys: Founded) -> Document:
    return evidence.upload(nordlys.organisation, kind="licence", file=pdf(), by=nordlys.by)


def verified(claim: Exclusion, document: Document, ana: User, **more: Any) -> ExclusionRuling:
    return rule(claim, ruling="verified", document=document, reason="On the exchange's list.", by=ana, **more)


def relied_on(found: Founded, on: date = TODAY) -> Claim:
    [made] = claims(found.organisation, on=on)[str(found.party.pk)]
    return made


class TestRule:
    def test_verifies_by_a_document_for_as_long_as_the_rules_let(
        self, claim: Exclusion, listing: Document, nordlys: Founded, ana: User
    ) -> None:
        made = verified(claim, listing, ana)
        assert (made.document, made.ruled_by, made.valid_until) == (listing, ana, TODAY + timedelta(days=365))
        event = AuditEvent.objects.get(verb="exclusion.verified")
        assert (event.actor, event.reason, event.details["name"]) == (
            "Ana Maric",
            "On the exchange's list.",
            "Nordlys Modelling AS",
        )
        assert relied_on(nordlys) == Claim(
            "listed_company", f"“extract.pdf”, verified by an officer until {made.valid_until},", ""
        )

    def test_the_same_word_is_silence_and_another_takes_its_place(self, claim: Exclusion, listing: Document, ana: User) -> None:
        first = verified(claim, listing, ana)
        assert verified(claim, listing, ana) == first
        rule(claim, ruling="rejected", reason="Delisted.", by=ana)
        words = [(row.ruling, row.superseded_at is None) for row in ExclusionRuling.objects.order_by("pk")]
        assert words == [("verified", False), ("rejected", True)]
        assert AuditEvent.objects.filter(verb="exclusion.rejected").count() == 1

    @pytest.mark.parametrize(
        ("said", "refused"),
        [
            ({"ruling": "perhaps"}, BadRuling),
            ({"reason": " "}, Unexplained),
            ({"reason": "\u200b \u2060"}, Unexplained),
            ({"document": None}, NotAProof),
            ({"valid_until": TODAY - timedelta(days=1)}, BadDay),
            ({"valid_until": TODAY + timedelta(days=366)}, BadDay),
        ],
    )
    def test_is_refused(self, claim: Exclusion, listing: Document, ana: User, said: dict[str, Any], refused: Any) -> None:
        with pytest.raises(refused):
            rule(claim, **{"ruling": "verified", "document": listing, "reason": "Listed."} | said, by=ana)
        assert not ExclusionRuling.objects.exists()

    def test_not_by_anothers_paper(self, claim: Exclusion, nordlys: Founded, ana: User) -> None:
        other = founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie")
        theirs = evidence.upload(other.organisation, kind="licence", file=pdf(), by=other.by)
        of_alice = evidence.upload(
            nordlys.organisation, kind="licence", file=pdf(width=430), party=nordlys.controller, by=nordlys.by
        )
        for paper in (theirs, of_alice):
            with pytest.raises(NotAProof):
                verified(claim, paper, ana)

    def test_not_once_it_is_taken_back(self, claim: Exclusion, listing: Document, nordlys: Founded, ana: User) -> None:
        exclusions.withdraw(claim, by=nordlys.by)
        with pytest.raises(NotAProof):
            verified(claim, listing, ana)

    def test_by_nobody_who_judges_no_evidence(self, claim: Exclusion, listing: Document) -> None:
        with pytest.raises(NotPermitted):
            verified(claim, listing, staff("auditor"))

    def test_nothing_is_kept_where_the_record_fails(self, claim: Exclusion, listing: Document, ana: User) -> None:
        with audit_breaks():
            verified(claim, listing, ana)
        assert not ExclusionRuling.objects.exists()

    @pytest.mark.parametrize(
        ("changed", "constraint"),
        [
            ({"reason": ""}, "exclusion_ruling_has_a_reason"),
            ({"document": None}, "exclusion_is_verified_by_a_document_until"),
            ({"valid_until": None}, "exclusion_is_verified_by_a_document_until"),
            ({"ruling": "rejected"}, "exclusion_is_verified_by_a_document_until"),
        ],
    )
    def test_the_database_refuses_half_a_word(
        self, claim: Exclusion, listing: Document, ana: User, changed: dict[str, Any], constraint: str
    ) -> None:
        made = verified(claim, listing, ana)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            ExclusionRuling.objects.filter(pk=made.pk).update(**changed)


class TestClaims:
    def test_nothing_rests_on_one_that_nobody_has_verified(self, claim: Exclusion, nordlys: Founded) -> None:
        assert relied_on(nordlys) == Claim("listed_company", "", "no officer has verified it")

    def test_nor_on_one_that_was_not_accepted(self, claim: Exclusion, nordlys: Founded, ana: User) -> None:
        rule(claim, ruling="rejected", reason="Another of that name.", by=ana)
        assert relied_on(nordlys).lacking == "an officer has not accepted it"

    def test_nor_past_its_day(self, claim: Exclusion, listing: Document, nordlys: Founded, ana: User) -> None:
        until = verified(claim, listing, ana, valid_until=TODAY + timedelta(days=9)).valid_until
        assert until and relied_on(nordlys, until).evidence
        after = relied_on(nordlys, until + timedelta(days=1))
        assert (after.evidence, after.lacking) == ("", f"it was verified until {until} only")

    def test_nor_once_its_document_was_taken_back_which_is_told(
        self, claim: Exclusion, listing: Document, nordlys: Founded, ana: User
    ) -> None:
        made = verified(claim, listing, ana)
        assert list(ExclusionRuling.objects.good(TODAY)) == [made]
        evidence.remove(listing, by=nordlys.by)
        assert not ExclusionRuling.objects.good(TODAY).exists()
        assert relied_on(nordlys).lacking == "the document that showed it has been taken back"
        fell = AuditEvent.objects.get(verb="exclusion.verification_fell").details
        assert (fell["verified_by"], fell["document"], fell["name"]) == ("Ana Maric", "extract.pdf", "Nordlys Modelling AS")

    def test_one_that_was_taken_back_is_none(self, claim: Exclusion, nordlys: Founded) -> None:
        exclusions.withdraw(claim, by=nordlys.by)
        assert claims(nordlys.organisation, on=TODAY) == {}
