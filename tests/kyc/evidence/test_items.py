"""Evidence items: what officers make of them, and what the database refuses whoever asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import scope, signals, snapshots
from accounts.history import as_of
from accounts.models import AuditEvent, Signal, User
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from kyc.evidence import actions as evidence
from kyc.evidence import confirmations, graded, items, mismatches, proofs, reviews
from kyc.evidence.grading.shortest import Do
from kyc.evidence.item_models import DocumentReview, EvidenceItem, Mismatch
from kyc.evidence.models import Document, StatusProof
from kyc.evidence.proofs import NotAProof
from kyc.parties import statuses
from kyc.parties.models import Party, PersonStatus
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded, pdf, staff
from tests.kyc.cases.scenes import audit_breaks
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    found = founded(customer())
    found.controller.address = "Strandgata 1, Tromsø"
    found.controller.save()
    return found


@scene
def ana() -> User:
    return staff("analyst", "Ana Maric")


@scene
def passport(nordlys: Founded) -> Document:
    return evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=nordlys.controller, by=nordlys.by)


def recorded(nordlys: Founded, passport: Document | None, ana: User, **told: Any) -> EvidenceItem:
    given = {"kind": "passport", "issuer": "Politiet", "issuing_country": "NO", "number": "N1234567", "document": passport}
    return items.record(nordlys.controller, **(given | told), by=ana)


def level(nordlys: Founded, guideline: str = "nist") -> str | None:
    found = next(one for one in graded.graded(nordlys.controller) if one.guideline.code == guideline)
    return found.reached.level.code if found.reached else None


def entity_level(party: Party) -> str | None:
    found = next(one for one in graded.graded(party) if one.guideline.code == "entity")
    return found.reached.level.code if found.reached else None


class TestRecord:
    def test_keeps_what_it_is_by_whom_and_under_which_version(self, nordlys: Founded, passport: Document, ana: User) -> None:
        item = recorded(nordlys, passport, ana)
        item.refresh_from_db()
        assert (item.number, item.issuer, item.guideline, item.recorded_by, item.strength) == (
            "N1234567", "Politiet", "2026.11", ana, "",
        )  # fmt: skip
        event = AuditEvent.objects.get(verb="evidence.recorded")
        assert event.details == {"name": "Alice Olsen", "kind": "passport"}

    def test_the_number_stands_in_no_audit_row_and_leaves_a_signal(self, nordlys: Founded, passport: Document, ana: User) -> None:
        recorded(nordlys, passport, ana)
        assert not any("1234567" in str(event.details) for event in AuditEvent.objects.all())
        with scope.whole():
            values = Signal.objects.filter(organisation=nordlys.organisation, type="document").values_list("value", flat=True)
            assert signals.value("document", "NO N1234567") in values

    def test_a_customer_records_none(self, nordlys: Founded, passport: Document) -> None:
        with pytest.raises(NotPermitted):
            recorded(nordlys, passport, nordlys.by)

    def test_nothing_happens_where_the_audit_fails(self, nordlys: Founded, passport: Document, ana: User) -> None:
        with audit_breaks():
            recorded(nordlys, passport, ana)
        assert not EvidenceItem.objects.exists()

    @pytest.mark.parametrize(
        ("told", "refusal"),
        [
            ({"kind": "articles"}, items.BadEvidence),
            ({"kind": "no such"}, items.BadEvidence),
            ({"kind": "bank_account"}, NotAProof),
            ({"issuing_country": "ZZ"}, items.BadEvidence),
            ({"number": ""}, items.BadEvidence),
            ({"issuing_country": ""}, items.BadEvidence),
            ({"issued_on": timezone.localdate() + timedelta(days=9)}, BadText),
            ({"issued_on": timezone.localdate(), "expires_on": timezone.localdate() - timedelta(days=9)}, BadText),
            ({"number": "1" * 101}, BadText),
        ],
    )
    def test_refuses(
        self, nordlys: Founded, passport: Document, ana: User, told: dict[str, Any], refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            recorded(nordlys, passport, ana, **told)

    def test_a_persons_passport_is_no_evidence_of_the_company(self, nordlys: Founded, passport: Document, ana: User) -> None:
        with pytest.raises(items.BadEvidence):
            items.record(nordlys.party, kind="passport", document=passport, by=ana)

    def test_the_database_refuses_a_document_of_another(self, nordlys: Founded, passport: Document, ana: User) -> None:
        other = founded(customer("bob@other.example", "Bob"), name="Other AS")
        with pytest.raises(IntegrityError, match="of one customer"), transaction.atomic():
            EvidenceItem.objects.create(
                organisation=other.organisation, party=other.controller, document=passport, kind="passport", guideline="1",
                recorded_by=ana,
            )  # fmt: skip


class TestValidate:
    def test_a_photographed_passport_is_strong_and_a_signed_one_superior(
        self, nordlys: Founded, passport: Document, ana: User
    ) -> None:
        item = recorded(nordlys, passport, ana)
        assert items.validate(item, method="inspected", by=ana).strength == "strong"
        assert items.validate(item, method="chip", note="CSCA of Norway.", by=ana).strength == "superior"

    def test_the_database_refuses_a_superior_one_without_signed_data(
        self, nordlys: Founded, passport: Document, ana: User
    ) -> None:
        item = items.validate(recorded(nordlys, passport, ana), method="inspected", by=ana)
        with pytest.raises(IntegrityError, match="superior_only_by_signed_data"), transaction.atomic():
            EvidenceItem.objects.filter(pk=item.pk).update(strength="superior")
        failed = items.validate(item, method="chip", result="failed", note="The signature is of no country.", by=ana)
        assert failed.strength == ""
        with pytest.raises(IntegrityError), transaction.atomic():
            EvidenceItem.objects.filter(pk=item.pk).update(strength="superior")

    def test_what_is_found_bad_says_why_and_is_nobodys(self, nordlys: Founded, passport: Document, ana: User) -> None:
        item = items.validate(recorded(nordlys, passport, ana), method="inspected", by=ana)
        items.verify(item, method="compared", by=ana)
        with pytest.raises(BadText):
            items.validate(item, method="features", result="failed", by=ana)
        item = items.validate(item, method="features", result="failed", note="No watermark.", by=ana)
        assert (item.verification, item.verified_by, item.validation_result) == ("", None, "failed")

    def test_not_in_a_way_that_its_kind_has_not(self, nordlys: Founded, ana: User) -> None:
        account = recorded(nordlys, None, ana, kind="bank_account")
        with pytest.raises(items.BadEvidence):
            items.validate(account, method="chip", by=ana)

    def test_repeated_it_is_silence(self, nordlys: Founded, passport: Document, ana: User) -> None:
        item = recorded(nordlys, passport, ana)
        for _time in range(2):
            items.validate(item, method="inspected", by=ana)
        assert AuditEvent.objects.filter(verb="evidence.validated").count() == 1


class TestVerify:
    def test_only_what_was_found_good(self, nordlys: Founded, passport: Document, ana: User) -> None:
        item = recorded(nordlys, passport, ana)
        with pytest.raises(items.BadEvidence, match="Validate it first"):
            items.verify(item, method="compared", by=ana)
        with pytest.raises(IntegrityError, match="verified_at_and_by"), transaction.atomic():
            EvidenceItem.objects.filter(pk=item.pk).update(
                verification="compared", verification_result="passed", verified_at=timezone.now(), verified_by=ana
            )

    def test_not_by_a_way_that_its_kind_has_not(self, nordlys: Founded, passport: Document, ana: User) -> None:
        item = items.validate(recorded(nordlys, passport, ana), method="inspected", by=ana)
        with pytest.raises(items.BadEvidence):
            items.verify(item, method="microdeposit", by=ana)


class TestWithdraw:
    def test_it_counts_no_more_and_is_kept(self, nordlys: Founded, passport: Document, ana: User) -> None:
        item = items.validate(recorded(nordlys, passport, ana), method="inspected", by=ana)
        with pytest.raises(ReasonMissing):
            items.withdraw(item, reason=" ", by=ana)
        for _time in range(2):
            items.withdraw(item, reason="Of another person.", by=ana)
        assert not EvidenceItem.objects.live().exists()
        assert AuditEvent.objects.get(verb="evidence.withdrawn").reason == "Of another person."
        with pytest.raises(items.Withdrawn):
            items.validate(item, method="chip", by=ana)

    def test_it_falls_with_its_document_and_that_is_recorded(self, nordlys: Founded, passport: Document, ana: User) -> None:
        items.validate(recorded(nordlys, passport, ana), method="inspected", by=ana)
        evidence.remove(passport, by=nordlys.by)
        assert not EvidenceItem.objects.good(timezone.localdate()).exists()
        told = AuditEvent.objects.get(verb="evidence.fell").details
        assert (told["name"], told["kind"], told["verified_by"]) == ("Alice Olsen", "passport", "Ana Maric")


class TestGraded:
    @pytest.fixture
    def card(self, nordlys: Founded, ana: User) -> EvidenceItem:
        return recorded(nordlys, None, ana, kind="bank_account", number="NO9386011117947")

    def test_rises_with_what_is_validated_and_verified(
        self, nordlys: Founded, passport: Document, card: EvidenceItem, ana: User
    ) -> None:
        assert level(nordlys) is None
        item = items.validate(recorded(nordlys, passport, ana), method="issuer", by=ana)
        items.verify(item, method="compared", by=ana)
        assert level(nordlys) == "ial1"
        items.verify(items.validate(card, method="issuer", by=ana), method="code", by=ana)
        assert (level(nordlys), level(nordlys, "cip")) == ("ial2", "verified")
        found = next(one for one in graded.graded(nordlys.controller) if one.is_aim)
        assert {one.kind for one in found.items} == {"passport", "bank_account"}
        assert found.path is not None and {act.do for act in found.path.acts} == {Do.VERIFY}

    def test_falls_on_the_day_after_it_expires(self, nordlys: Founded, passport: Document, ana: User) -> None:
        today = timezone.localdate()
        item = recorded(nordlys, passport, ana, expires_on=today)
        items.verify(items.validate(item, method="chip", by=ana), method="compared", by=ana)
        assert level(nordlys) == "ial2"
        [later] = [one for one in graded.graded(nordlys.controller, on=today + timedelta(days=1)) if one.is_aim]
        assert later.reached is None

    def test_a_failed_verification_counts_for_nothing(self, nordlys: Founded, passport: Document, ana: User) -> None:
        item = items.validate(recorded(nordlys, passport, ana), method="chip", by=ana)
        items.verify(item, method="compared", result="failed", note="Another face.", by=ana)
        assert level(nordlys) is None

    def test_the_company_is_graded_by_scales_of_its_own(self, nordlys: Founded, ana: User) -> None:
        match = items.record(nordlys.party, kind="register_match", by=ana)
        items.validate(match, method="source", by=ana)
        found = {one.guideline.code: one.reached and one.reached.level.code for one in graded.graded(nordlys.party)}
        assert found == {"cip-entity": "verified", "entity": "found"}

    def test_what_was_confirmed_of_the_company_counts_while_it_says_so(self, nordlys: Founded, ana: User) -> None:
        party, paper = nordlys.party, pdf()
        party.domain, party.address = "nordlys.example", "Strandgata 1, Tromsø"
        party.save()
        extract = evidence.upload(nordlys.organisation, kind="register_extract", file=paper, by=nordlys.by)
        told: dict[str, Any] = {"document": extract, "issuer": "Brønnøysund", "dated": timezone.localdate(), "by": ana}
        confirmations.by_paper(party, what="registration", how="extract", number=party.registration_number, **told)
        confirmations.by_paper(party, what="address", how="address_document", number=party.address, **told)
        assert [item.kind for item in graded.confirmed(party)] == ["register_extract"]
        mark = confirmations.mark_of(party, "domain", party.domain)
        confirmations.make(party, what="domain", how="dns", value=party.domain, mark=mark, by=None)
        items.validate(items.record(party, kind="articles", by=ana), method="inspected", by=ana)
        assert entity_level(party) == "documented"
        assert graded.levels(nordlys.organisation, [party])[party.pk].level.code == "documented"  # type: ignore[union-attr]
        party.domain = "sydlys.example"
        party.save()
        assert entity_level(party) == "found"
        assert graded.levels(nordlys.organisation, [party])[party.pk].level.code == "found"  # type: ignore[union-attr]

    def test_levels_of_everybody_take_as_many_queries_as_of_one(
        self, nordlys: Founded, card: EvidenceItem, ana: User, django_assert_num_queries: Any
    ) -> None:
        items.verify(items.validate(card, method="issuer", by=ana), method="code", by=ana)
        with django_assert_num_queries(2):
            found = graded.levels(nordlys.organisation, [nordlys.party, nordlys.controller])
        assert {pk: one and one.level.code for pk, one in found.items()} == {
            nordlys.party.pk: None,
            nordlys.controller.pk: "ial1",
        }

    def test_what_was_known_before_can_be_read_back(self, nordlys: Founded, passport: Document, ana: User) -> None:
        item = recorded(nordlys, passport, ana)
        rows = as_of(EvidenceItem, snapshots.take())
        assert [(row.pgh_obj_id, row.number) for row in rows] == [(item.pk, "N1234567")]


class TestMismatches:
    def test_a_name_written_otherwise_is_none(self, nordlys: Founded, passport: Document, ana: User) -> None:
        recorded(nordlys, passport, ana, shown={"name": "OLSEN ALICE", "country": nordlys.controller.country, "birth_date": ""})
        assert not Mismatch.objects.exists()

    def test_another_name_and_birth_date_are_open_until_resolved(self, nordlys: Founded, passport: Document, ana: User) -> None:
        shown = {"name": "Alice Ohlsen", "birth_date": "1999-09-09"}
        item = recorded(nordlys, passport, ana, shown=shown)
        assert [(row.what, row.shown) for row in Mismatch.objects.open().order_by("pk")] == list(shown.items())
        assert not any("1999" in str(event.details) for event in AuditEvent.objects.all())
        name = Mismatch.objects.get(what="name")
        with pytest.raises(mismatches.Unexplained):
            mismatches.resolve(name, resolution="changed", reason="", by=ana)
        with pytest.raises(mismatches.BadResolution):
            mismatches.resolve(name, resolution="no", reason="So.", by=ana)
        for _time in range(2):
            mismatches.resolve(name, resolution="changed", reason="Married in 2025, page 3.", by=ana)
        with pytest.raises(mismatches.Settled):
            mismatches.resolve(name, resolution="misread", reason="So.", by=ana)
        assert [row.what for row in Mismatch.objects.open()] == ["birth_date"]
        items.withdraw(item, reason="Of another person.", by=ana)
        assert not Mismatch.objects.open().exists()

    def test_what_was_declared_then_stays_as_it_was(self, nordlys: Founded, passport: Document, ana: User) -> None:
        recorded(nordlys, passport, ana, shown={"name": "Alice Ohlsen"})
        nordlys.controller.name = "Alice Ohlsen"
        nordlys.controller.save()
        assert Mismatch.objects.get().declared == "Alice Olsen"

    def test_the_database_resolves_none_without_who_and_why_nor_twice(
        self, nordlys: Founded, passport: Document, ana: User
    ) -> None:
        recorded(nordlys, passport, ana, shown={"name": "Alice Ohlsen"})
        with pytest.raises(IntegrityError, match="resolved_at_and_by"), transaction.atomic():
            Mismatch.objects.update(resolution="changed", resolved_at=timezone.now(), resolved_by=ana)
        mismatches.resolve(Mismatch.objects.get(), resolution="changed", reason="Married.", by=ana)
        with pytest.raises(IntegrityError, match="stays resolved"), transaction.atomic():
            Mismatch.objects.update(resolution="misread")


class TestReviews:
    def test_a_later_word_counts_instead_and_repeated_it_is_silence(self, passport: Document, ana: User) -> None:
        for _time in range(2):
            reviews.review(passport, ruling="upload", reason="glare", by=ana)
        assert reviews.of([passport])[passport.pk].reason == "glare"
        reviews.review(passport, ruling="accepted", by=ana)
        assert [row.ruling for row in DocumentReview.objects.live()] == ["accepted"]
        assert DocumentReview.objects.count() == AuditEvent.objects.filter(verb="document.reviewed").count() == 2

    def test_what_a_rejected_document_proved_is_proved_no_more_and_that_is_recorded(
        self, nordlys: Founded, passport: Document, ana: User
    ) -> None:
        today = timezone.localdate()
        statuses.declare(nordlys.controller, basis="citizen", by=nordlys.by)
        status = PersonStatus.objects.live().get(party=nordlys.controller, axis="iaas")
        proofs.verify(status, document=passport, by=ana)
        items.verify(items.validate(recorded(nordlys, passport, ana), method="chip", by=ana), method="compared", by=ana)
        assert level(nordlys) == "ial2"
        for reason in ("altered", "not_confirmed"):
            reviews.review(passport, ruling="rejected", reason=reason, by=ana)
        assert not EvidenceItem.objects.good(today).exists() and not StatusProof.objects.good(today).exists()
        assert level(nordlys) is None
        fell = AuditEvent.objects.filter(verb__endswith="fell").order_by("verb").values_list("verb", "actor")
        assert list(fell) == [("evidence.fell", "Ana Maric"), ("status.verification_fell", "Ana Maric")]
        reviews.review(passport, ruling="accepted", by=ana)
        assert level(nordlys) == "ial2"

    @pytest.mark.parametrize(("ruling", "reason"), [("upload", "glare"), ("rejected", "altered")])
    def test_nothing_new_is_proved_by_what_is_not_accepted(
        self, nordlys: Founded, passport: Document, ana: User, ruling: str, reason: str
    ) -> None:
        reviews.review(passport, ruling=ruling, reason=reason, by=ana)
        with pytest.raises(NotAProof, match="proves nothing"):
            recorded(nordlys, passport, ana)

    @pytest.mark.parametrize(
        ("ruling", "reason"), [("upload", ""), ("upload", "altered"), ("rejected", "glare"), ("no such", "")]
    )
    def test_refuses_what_is_not_in_the_catalogue(self, passport: Document, ana: User, ruling: str, reason: str) -> None:
        with pytest.raises(reviews.BadReview):
            reviews.review(passport, ruling=ruling, reason=reason, by=ana)

    def test_the_database_refuses_one_without_a_reason_and_two_that_count(self, passport: Document, ana: User) -> None:
        made = {"organisation": passport.organisation, "document": passport, "reviewed_by": ana}
        with pytest.raises(IntegrityError, match="gives_a_reason"), transaction.atomic():
            DocumentReview.objects.create(**made, ruling="upload")
        DocumentReview.objects.create(**made, ruling="accepted")
        with pytest.raises(IntegrityError, match="one_live_review"), transaction.atomic():
            DocumentReview.objects.create(**made, ruling="accepted")

    def test_what_the_customer_still_has_to_be_told(self, nordlys: Founded, passport: Document, ana: User) -> None:
        made = reviews.review(passport, ruling="upload", reason="glare", by=ana)
        assert reviews.sentence(made).startswith("A reflection")
        assert reviews.untold(nordlys.organisation) == [made]
        reviews.tell([made])
        assert reviews.untold(nordlys.organisation) == []
        evidence.remove(passport, by=nordlys.by)
        with pytest.raises(NotAProof):
            reviews.review(passport, ruling="accepted", by=ana)
