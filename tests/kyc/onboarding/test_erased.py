"""A customer whose data were erased finds that said on every page, and no page that fails."""

import re

import pytest
from django.test import Client

from accounts.vault import shredding
from kyc.evidence import actions as evidence
from kyc.parties.models import Party
from tests import cast

PAGES = ["", "kind/", "company/", "people/", "owners/", "use/", "payment/", "documents/", "check/", "keys/"]
COMPANY = {
    "name": "Nordlys Modelling AS", "legal_form": "AS", "registration_number": "918334207", "country": "NO", "hq_country": "NO",
    **cast.written(), "phone": "+47 77 00 00 01",
}  # fmt: skip


@pytest.mark.django_db
class TestErased:
    @pytest.fixture
    def found(self) -> cast.Founded:
        found = cast.founded(cast.customer())
        evidence.upload(found.organisation, kind="register_extract", file=cast.pdf(), by=found.by)
        for party in Party.objects.filter(organisation=found.organisation):
            shredding.shred(party.sealed_for, reason="Asked for.", by=None)
        return found

    @pytest.mark.parametrize("page", PAGES)
    def test_every_page_is_there(self, found: cast.Founded, page: str) -> None:
        assert cast.signed_in(found.by).get(f"/verification/{page}").status_code == 200

    def test_the_pages_of_a_person_and_of_a_file_too(self, found: cast.Founded) -> None:
        client: Client = cast.signed_in(found.by)
        assert client.get(f"/verification/people/{found.controller.pk}/").status_code == 200
        document = found.organisation.document_set.get()
        answer = client.get(f"/verification/documents/{document.pk}/", follow=True)
        assert "certificate ER-" in answer.content.decode()

    def test_what_is_told_anew_is_refused_in_a_sentence(self, found: cast.Founded) -> None:
        client = cast.signed_in(found.by)
        page = client.get("/verification/company/").content.decode()
        shown = re.findall(r'name="shown" value="([^"]*)"', page)[0]
        answer = client.post("/verification/company/", {**COMPANY, "shown": shown})
        assert answer.status_code == 422
        assert "These data were erased" in answer.content.decode()
