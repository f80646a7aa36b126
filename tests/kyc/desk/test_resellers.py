"""The pages of resellers: the register, one of them, resolving by two, and what the reseller itself reads and tells."""

# ruff: noqa: F811  # Names of fixtures.

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc.cases.models import Case
from kyc.directives.resellers import ending
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.evidence.models import Document
from kyc.keys.models import Hold
from tests import cast
from tests.cast import Founded
from tests.kyc.directives.resellers.conftest import (  # noqa: F401  # fixtures
    ana,
    case,
    failed,
    nordlys,
    reseller,
    rui,
    the_list,
)

TODAY = timezone.localdate


@pytest.fixture
def desk(db: None) -> Client:
    return cast.signed_in(cast.staff("approver", "Vera Lima"))


@pytest.fixture
def portal(nordlys: Founded) -> Client:
    return cast.signed_in(nordlys.by)


def text(client: Client, name: str, *args: Any, **query: str) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


class TestDesk:
    def test_entered_by_its_number_and_changed(self, desk: Client, nordlys: Founded) -> None:
        sent = {"customer": f"O-{nordlys.organisation.pk}", "place": "foreign"}
        desk.post(reverse("desk:reseller_new"), sent)
        made = Reseller.objects.get()
        assert "in the register already" in desk.post(reverse("desk:reseller_new"), sent).content.decode()
        told = {"place": "foreign", "programme": "own", "programme_version": "CIP 4", "programme_received_on": "2026-11-02"}
        desk.post(reverse("desk:reseller_change", args=[made.pk]), told)
        page = text(desk, "desk:reseller", made.pk)
        assert "CIP 4" in page and "proposed, binds nobody" in page

    def test_a_clock_stands_in_the_register_and_one_who_complies_has_none(self, desk: Client, reseller: Reseller) -> None:
        sent = {"assessed_on": TODAY().isoformat(), "findings": "No identities.", "outcome": "complies"}
        desk.post(reverse("desk:reseller_assess", args=[reseller.pk]), sent)
        assert "the clock runs" not in text(desk, "desk:resellers")
        desk.post(reverse("desk:reseller_assess", args=[reseller.pk]), sent | {"outcome": "open"})
        assert "the clock runs" in text(desk, "desk:resellers")

    def test_two_resolve(self, desk: Client, failed: ResellerAssessment) -> None:
        desk.post(reverse("desk:reseller_resolve", args=[failed.pk]), {"reason": "mistake", "resolution": "It was of another."})
        page = text(desk, "desk:reseller", failed.reseller_id)
        assert "It was entered by mistake: <bdi>It was of another." in page
        assert "another officer confirms it" in page and "Confirm that it is resolved" not in page
        assert desk.post(reverse("desk:reseller_take", args=[failed.pk])).status_code == 422
        cast.signed_in(cast.staff("approver", "Sónia Teles")).post(reverse("desk:reseller_take", args=[failed.pk]))
        failed.refresh_from_db()
        assert failed.state == "resolved"

    def test_one_officer_lifts_no_hold_of_a_reseller(
        self, desk: Client, failed: ResellerAssessment, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = TODAY() + timedelta(days=28)
        monkeypatch.setattr(timezone, "localdate", lambda *_: there)
        ending.run()
        monkeypatch.undo()
        hold = Hold.objects.live().get(source=ending.SOURCE)
        sent = desk.post(reverse("desk:hold_lift", args=[case.pk, hold.pk]), {"reason": "It asked."})
        assert sent.status_code == 422 and failed.reseller.number in sent.content.decode()
        assert Hold.objects.live().filter(pk=hold.pk).exists()

    def test_it_says_what_to_ask_about(self, desk: Client) -> None:
        assert "Nothing is done to anybody by it." in text(desk, "desk:resellers", tab="undeclared")


class TestPortal:
    def test_it_reads_what_is_asked_and_until_when(self, portal: Client, failed: ResellerAssessment) -> None:
        page = text(portal, "onboarding:resale")
        assert failed.due_on and failed.findings in page and f"until {failed.due_on:%-d %B %Y}" in page
        assert "How you sell access on has to be put right" in text(portal, "onboarding:overview")

    def test_it_tells_by_file_whom_it_serves(self, portal: Client, reseller: Reseller) -> None:
        file = SimpleUploadedFile("customers.csv", b"\xef\xbb\xbfcountry,customers,verified\nDE,120,118\nat,3,1\n")
        assert portal.post(reverse("onboarding:resale"), {"file": file}).status_code == 302
        reseller.refresh_from_db()
        assert reseller.downstream == {"AT": [3, 1], "DE": [120, 118]}

    @pytest.mark.parametrize("written", ["DE,ten,1", "DE,1", "DE,1,2", "DE,1,1\nDE,1,1", "QQ,1,1", ""])
    def test_what_can_not_be_is_refused_with_its_line(self, portal: Client, reseller: Reseller, written: str) -> None:
        assert portal.post(reverse("onboarding:resale"), {"downstream": written}).status_code == 422
        reseller.refresh_from_db()
        assert reseller.downstream == {}

    def test_what_shows_that_it_is_put_right_is_sent_here(self, portal: Client, failed: ResellerAssessment) -> None:
        page = text(portal, "onboarding:resale")
        assert reverse("onboarding:documents") not in page, "which is closed to who is verified"
        sent = {"shows": "1", "shows-file": cast.pdf(width=601)}
        assert portal.post(reverse("onboarding:resale"), sent).status_code == 302
        kept = Document.objects.latest("pk")
        assert (kept.organisation_id, kept.kind, kept.name) == (failed.organisation_id, "other", "extract.pdf")
        refused = portal.post(reverse("onboarding:resale"), {"shows": "1"})
        assert refused.status_code == 422 and "Choose a file." in refused.content.decode()
        failed.reseller.refresh_from_db()
        assert failed.reseller.downstream == {}

    def test_who_is_in_no_register_is_told_so(self, portal: Client) -> None:
        page = text(portal, "onboarding:resale")
        assert "You are not in our register" in page and "Tell us" not in page
        assert portal.post(reverse("onboarding:resale"), {"downstream": "DE,120,118"}).status_code == 404
