"""What a machine has read from a case's documents, on the case page: for who works it, and masked."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence import reads
from kyc.evidence.read_models import Reading
from kyc.parties.models import Party
from tests import cast
from tests.bench import specimens
from tests.bench.specimens import Specimen
from tests.kyc.desk.test_left_out import plain


@pytest.fixture
def passport(case: Case, by: User) -> Specimen:
    """Of somebody else, who is no customer of ours."""
    person = Party.objects.filter(organisation=case.organisation, kind="person").first()
    made = specimens.specimen("TD3", 900001)
    evidence.upload(case.organisation, kind="passport", file=SimpleUploadedFile("passport.jpg", made.jpeg), party=person, by=by)
    reads.run()
    return made


def page(client: Client, case: Case) -> str:
    return client.get(f"/desk/cases/{case.pk}/", {"tab": "documents"}).content.decode()


class TestShown:
    def test_field_by_field_with_what_was_declared(self, as_ana: Client, case: Case, passport: Specimen) -> None:
        found = page(as_ana, case)
        told = plain(found[found.index('id="read"') :])
        assert "Passport" in told and "Surname" in told and "differs" in told and "check digit agrees" in told
        assert "<polygon points=" in found

    def test_what_was_neither_declared_nor_read_is_no_row(self, as_ana: Client, case: Case, passport: Specimen) -> None:
        reading = Reading.objects.latest("pk")
        reading.told = json.dumps(
            [one | {"value": ""} if one["name"] in ("sex", "birth_date") else one for one in reading.fields]
        )
        reading.save()
        told = plain(page(as_ana, case))
        assert "Sex" not in told and "Date of birth" in told

    def test_no_number_is_shown_whole(self, as_ana: Client, case: Case, passport: Specimen) -> None:
        number = passport.lines[1][:9].rstrip("<")
        found = page(as_ana, case)
        assert number not in found and number[-3:] in found

    def test_not_to_who_only_reads_the_case(self, case: Case, passport: Specimen) -> None:
        assert 'id="read"' not in page(cast.signed_in(cast.staff("auditor")), case)
