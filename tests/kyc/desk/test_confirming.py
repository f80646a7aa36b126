"""What an officer confirms on the case's tab of people, and what stands there."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from kyc.cases import actions as cases
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence import confirmations, lei_checks, reviews
from kyc.evidence.confirmation_models import Confirmation, ConfirmationCode
from kyc.evidence.models import Document
from kyc.ownership import actions as ownership
from kyc.ownership.models import Discrepancy
from kyc.parties.models import Party, PaymentMeans
from kyc.screening import lei_copies
from tests import cast
from tests.cast import Founded, customer, founded, signed_in, staff
from tests.kyc.screening import golden
from tests.stage import scene

LEI = golden.lei(500)


@scene
def nordlys() -> Founded:
    found = founded(customer())
    evidence.upload(found.organisation, kind="register_extract", file=cast.pdf(), by=found.by)
    evidence.upload(found.organisation, kind="passport", file=cast.pdf(width=420), party=found.controller, by=found.by)
    ownership.declare_owner(found.organisation, owned=found.party, owner=found.controller, share="40", by=found.by)
    cases.submit(Case.objects.get(organisation=found.organisation), declared_true=True, by=found.by)
    Case.objects.filter(organisation=found.organisation).update(state="review")
    return found


@pytest.fixture
def ana(nordlys: Founded) -> Client:
    """She has read the extract."""
    user = staff("analyst", "Ana Reis")
    evidence.look_at(Document.objects.get(kind="register_extract"), by=user)
    return signed_in(user)


def address(nordlys: Founded, path: str) -> str:
    return f"/desk/cases/{Case.objects.get(organisation=nordlys.organisation).pk}/{path}"


def tab(nordlys: Founded, client: Client) -> str:
    return re.sub(r"\s+", " ", client.get(address(nordlys, "?tab=people")).content.decode())


def paper(nordlys: Founded, **changes: Any) -> dict[str, Any]:
    return {
        "way": "extract:registration", "document": Document.objects.get(kind="register_extract").pk,
        "issuer": "Brønnøysund register", "dated": timezone.localdate().isoformat(), "number": "918 334 207", **changes,
    }  # fmt: skip


class TestPaper:
    def test_an_extract_that_says_the_same_number_confirms_it(self, nordlys: Founded, ana: Client) -> None:
        answer = ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/paper/"), paper(nordlys))
        assert answer.status_code == 302
        made = confirmations.confirmed(nordlys.party).get()
        assert (made.what, made.how, made.details["issuer"]) == ("registration", "extract", "Brønnøysund register")
        assert "Entry in the register by an extract of the register" in tab(nordlys, ana)
        told = str(AuditEvent.objects.filter(verb="confirmation.made").values())
        assert "918 334 207" not in told and "918334207" not in told

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"number": "918334208"}, "The paper says otherwise"),
            ({"dated": (timezone.localdate() - timedelta(days=91)).isoformat()}, "older than 90 days"),
            ({"dated": (timezone.localdate() + timedelta(days=1)).isoformat()}, "has not come yet"),
            ({"way": "address_document:phone"}, "Choose one from the list"),
            ({"document": "999999"}, "Choose one from the list"),
            ({"issuer": ""}, "Say who issued it"),
            ({"dated": "soon"}, "Write the day as"),
        ],
    )
    def test_what_does_not_confirm_says_why_and_keeps_what_was_typed(
        self, nordlys: Founded, ana: Client, changes: dict[str, str], says: str
    ) -> None:
        typed = paper(nordlys, **{"note": "Read twice.", **changes})
        answer = ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/paper/"), typed)
        assert answer.status_code == 422 and says in answer.content.decode() and "Read twice." in answer.content.decode()
        assert not Confirmation.objects.exists()

    def test_a_paper_that_nobody_has_opened_confirms_nothing(self, nordlys: Founded) -> None:
        other = signed_in(staff("analyst", "Lena Holm"))
        answer = other.post(address(nordlys, f"confirm/{nordlys.party.pk}/paper/"), paper(nordlys))
        assert answer.status_code == 422 and "You have not opened" in answer.content.decode()
        assert not Confirmation.objects.exists()

    def test_nor_is_anything_confirmed_while_the_customer_changes_it(self, nordlys: Founded, ana: Client) -> None:
        ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/paper/"), paper(nordlys))
        made, means = Confirmation.objects.get(), PaymentMeans.objects.get(organisation=nordlys.organisation)
        Case.objects.update(state="waiting")
        tried = {
            f"confirm/{nordlys.party.pk}/paper/": paper(nordlys), f"confirm/{nordlys.party.pk}/lei/": {},
            f"confirm/payment/{means.pk}/": {"reason": "Its branch."}, f"confirmations/{made.pk}/end/": {"reason": "Mistaken."},
        }  # fmt: skip
        for path, typed in tried.items():
            answer = ana.post(address(nordlys, path), typed)
            assert answer.status_code == 422 and "what you see is not sent" in answer.content.decode(), path
        assert list(Confirmation.objects.filter(ended_at=None)) == [made]

    def test_a_rejected_paper_confirms_nothing_any_more(self, nordlys: Founded, ana: Client) -> None:
        ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/paper/"), paper(nordlys))
        reviews.review(Document.objects.get(kind="register_extract"), ruling="rejected", reason="altered", by=staff("analyst"))
        assert not confirmations.confirmed(nordlys.party).exists()
        assert "the document was rejected" in tab(nordlys, ana)

    def test_it_falls_with_the_document_the_number_and_its_day(self, nordlys: Founded, ana: Client) -> None:
        ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/paper/"), paper(nordlys))
        made = confirmations.confirmed(nordlys.party).get()
        assert not confirmations.confirmed(nordlys.party, on=made.valid_until + timedelta(days=1)).exists()
        nordlys.party.register = "NO-OTHER"
        assert not confirmations.confirmed(nordlys.party).exists()
        nordlys.party.refresh_from_db()
        Document.objects.update(removed_at=timezone.now(), removed_by=nordlys.by)
        assert not confirmations.confirmed(nordlys.party).exists()
        assert "the document has been taken back" in tab(nordlys, ana)

    def test_taken_back_it_ends_with_its_reason(self, nordlys: Founded, ana: Client) -> None:
        ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/paper/"), paper(nordlys))
        made = confirmations.confirmed(nordlys.party).get()
        path = address(nordlys, f"confirmations/{made.pk}/end/")
        assert ana.post(path, {"reason": ""}).status_code == 422
        assert ana.post(path, {"reason": "Of another company."}).status_code == 302
        assert not confirmations.confirmed(nordlys.party).exists()
        assert "ended: Of another company." in tab(nordlys, ana)


class TestPayment:
    def test_a_holder_of_another_name_needs_a_reason(self, nordlys: Founded, ana: Client) -> None:
        means = PaymentMeans.objects.get(organisation=nordlys.organisation)
        path = address(nordlys, f"confirm/payment/{means.pk}/")
        PaymentMeans.objects.filter(pk=means.pk).update(holder="Sydlys AS")
        assert "another name" in tab(nordlys, ana)
        refused = ana.post(path, {"reason": ""})
        assert refused.status_code == 422 and "The names are not the same" in refused.content.decode()
        assert ana.post(path, {"reason": "Its branch in Oslo."}).status_code == 302
        made = confirmations.confirmed(nordlys.party).get()
        assert (made.what, made.details["names_agree"], made.note) == ("payment", False, "Its branch in Oslo.")
        PaymentMeans.objects.filter(pk=means.pk).update(holder="Nordlys Modelling AS")
        assert not confirmations.confirmed(nordlys.party).exists()
        assert ana.post(path, {}).status_code == 302
        assert confirmations.confirmed(nordlys.party).get().details["names_agree"] is True


class TestLei:
    @pytest.fixture
    def listed(self, nordlys: Founded, tmp_path: Path) -> Any:
        """The LEI of the customer in a golden copy, changed as it is told."""

        def load(*parents: dict[str, str], **changes: str) -> None:
            Party.objects.filter(pk=nordlys.party.pk).update(lei=LEI)
            nordlys.party.refresh_from_db()
            mine = golden.row(500) | {
                "Entity.LegalName": "NORDLYS MODELLING AS", "Entity.LegalJurisdiction": "NO", "Entity.LegalAddress.Country": "NO",
                "Entity.HeadquartersAddress.Country": "NO",
                "Entity.RegistrationAuthority.RegistrationAuthorityEntityID": "918334207",
            }  # fmt: skip
            path = tmp_path / "20261101.csv"
            path.write_bytes(
                golden.as_csv(golden.rows(300, mine | {name.replace("__", "."): one for name, one in changes.items()}))
            )
            lei_copies.load(path)
            if parents:
                path = tmp_path / "20261101-rr.csv"
                path.write_bytes(golden.as_csv(parents, golden.RELATIONS))
                lei_copies.load(path)

        return load

    def test_what_agrees_is_taken_over(self, nordlys: Founded, ana: Client, listed: Any) -> None:
        listed()
        assert "Take the LEI over" in tab(nordlys, ana)
        assert ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/lei/")).status_code == 302
        made = confirmations.confirmed(nordlys.party).get()
        assert (made.how, made.details["published"], made.details["status"]) == ("gleif", "2026-11-01", "ISSUED")

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"Registration__RegistrationStatus": "LAPSED"}, "The LEI is LAPSED"),
            ({"Registration__RegistrationStatus": "RETIRED"}, "The LEI is RETIRED"),
            ({"Entity__EntityStatus": "INACTIVE"}, "The LEI is INACTIVE"),
            ({"Entity__LegalName": "Sydlys AS"}, "The list says otherwise"),
            ({"Entity__LegalJurisdiction": "SE"}, "The list says otherwise"),
        ],
    )
    def test_what_does_not_is_told_and_not_taken_over(
        self, nordlys: Founded, ana: Client, listed: Any, changes: dict[str, str], says: str
    ) -> None:
        listed(**changes)
        assert "Take the LEI over" not in tab(nordlys, ana)
        answer = ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/lei/"))
        assert answer.status_code == 422 and says in answer.content.decode()
        assert not Confirmation.objects.exists()

    def test_parents_that_nobody_declared_are_facts(self, nordlys: Founded, ana: Client, listed: Any) -> None:
        direct, ultimate = golden.lei(1), golden.lei(2)
        listed(golden.relation(LEI, direct), golden.relation(LEI, ultimate, "IS_ULTIMATELY_CONSOLIDATED_BY"))
        found = lei_checks.check(nordlys.party)
        assert found is not None and [one.lei for one in found.undeclared] == [direct, ultimate]
        text = tab(nordlys, ana)
        assert "not among the declared owners" in text and direct in text
        name = golden.row(1)["Entity.LegalName"]
        ownership.declare_owner(
            nordlys.organisation,
            owned=nordlys.party,
            kind="company",
            name=name.upper(),
            share="60",
            country="SE",
            hq_country="SE",
            by=nordlys.by,
        )
        found = lei_checks.check(nordlys.party)
        assert found is not None and [one.lei for one in found.undeclared] == [ultimate]

    def test_taken_over_they_open_differences_as_those_of_any_register(self, nordlys: Founded, ana: Client, listed: Any) -> None:
        direct, ultimate = golden.lei(1), golden.lei(2)
        listed(golden.relation(LEI, direct), golden.relation(LEI, ultimate, "IS_ULTIMATELY_CONSOLIDATED_BY"))
        assert ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/lei/")).status_code == 302
        # Who owns the direct parent is asked once that one is declared.
        row = Discrepancy.objects.open().get()
        seen, name = row.observation, golden.row(1)["Entity.LegalName"]
        assert (row.kind, seen.owned, seen.owner_name, seen.source) == ("not_declared", nordlys.party, name, "officialRegister")
        assert (seen.kind, row.observed) == ("otherInfluenceOrControl", "otherInfluenceOrControl"), "accounts tell no shares"
        assert seen.found_in == lei_checks.FOUND_IN and seen.stated_on.isoformat() == "2026-11-01"
        parent = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, kind="company", name=name, share="60", country="SE", hq_country="SE",
            by=nordlys.by,
        ).owner  # fmt: skip
        assert not Discrepancy.objects.open().exists(), "the customer has corrected it"
        ana.post(address(nordlys, f"confirm/{nordlys.party.pk}/lei/"))
        assert Discrepancy.objects.open().get().observation.owned == parent

    def test_an_lei_that_the_list_does_not_know_is_told(self, nordlys: Founded, ana: Client, listed: Any) -> None:
        listed(LEI=golden.lei(501))
        assert "not in the list" in tab(nordlys, ana)


class TestLetter:
    def test_it_is_a_pdf_with_a_code_that_is_kept_nowhere(self, nordlys: Founded, ana: Client) -> None:
        answer = ana.post(address(nordlys, f"letters/{nordlys.party.pk}/"))
        assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
        assert "no-store" in answer["Cache-Control"]
        assert ConfirmationCode.objects.get().channel == "post"

    def test_without_an_address_it_says_so(self, nordlys: Founded, ana: Client) -> None:
        answer = ana.post(address(nordlys, f"letters/{nordlys.controller.pk}/"), follow=True)
        assert "has not told us where to send it" in answer.content.decode()

    @pytest.mark.parametrize("role", ["auditor", "administrator", "support"])
    def test_others_do_none_of_it(self, nordlys: Founded, role: str) -> None:
        client = signed_in(staff(role))
        paths = [f"confirm/{nordlys.party.pk}/paper/", f"confirm/{nordlys.party.pk}/lei/", f"letters/{nordlys.party.pk}/"]
        assert {client.post(address(nordlys, path), paper(nordlys)).status_code for path in paths} <= {403, 404}
        assert not Confirmation.objects.exists() and not ConfirmationCode.objects.exists()
