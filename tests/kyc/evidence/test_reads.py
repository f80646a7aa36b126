"""Documents are read by a worker: what they say stands in the vault and beside what was declared."""

from datetime import date, timedelta
from io import BytesIO
from unittest.mock import patch

import cv2
import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction

from accounts import scope, signals
from accounts.models import AuditEvent, Signal
from kyc.evidence import actions as evidence
from kyc.evidence import doubted, reads
from kyc.evidence.models import Document
from kyc.evidence.read_models import ADVICE, Reading
from kyc.evidence.reading import documents, programs, states
from kyc.parties.models import Party
from tests.bench import specimens
from tests.cast import Founded, customer, founded, signed_in
from tests.kyc.evidence.reading import cards, made
from tests.kyc.evidence.test_actions import picture
from tests.stage import scene

pytestmark = pytest.mark.django_db
SEED = 900001


@scene
def nordlys() -> Founded:
    return founded(customer())


def send(found: Founded, data: bytes, kind: str = "passport", party: Party | None = None) -> Document:
    file = SimpleUploadedFile("file.jpg", data)
    return evidence.upload(found.organisation, kind=kind, file=file, party=party, by=found.by)


def written(text: str) -> bytes:
    """A PDF of one page with that line as text."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    page.Contents = document.make_stream(f"BT /F1 14 Tf 72 700 Td ({text}) Tj ET".encode("latin-1"))
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def read(document: Document) -> Reading:
    reads.run()
    return Reading.objects.get(document=document)


class TestRun:
    def test_reads_a_passport_into_the_vault(self, nordlys: Founded) -> None:
        specimen = specimens.specimen("TD3", SEED)
        reading = read(send(nordlys, specimen.jpeg, party=nordlys.controller))
        assert (reading.state, reading.outcome, reading.source, reading.form) == ("done", "read", "zone", "TD3")
        values = {one["name"]: one["value"] for one in reading.fields}
        assert values["number"] == specimen.lines[1][:9].rstrip("<") and all(one["corners"] for one in reading.fields)
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(r)::text FROM kyc_reading r")
            assert values["number"] not in cursor.fetchone()[0]

    def test_leaves_the_number_as_a_signal(self, nordlys: Founded) -> None:
        specimen = specimens.specimen("TD3", SEED)
        read(send(nordlys, specimen.jpeg, party=nordlys.controller))
        issuer, number = states.of(specimen.lines[0][2:5].rstrip("<")), specimen.lines[1][:9].rstrip("<")
        assert issuer is not None and len(issuer.country) == 2
        with scope.whole():
            left = Signal.objects.filter(organisation=nordlys.organisation, type="document").values_list("value", flat=True)
            assert signals.value("document", f"{issuer.country} {number}") in left

    @pytest.mark.parametrize(
        ("source", "issuer", "signs", "known"),
        [
            ("zone", "NOR", {}, ["NO n1234567"]),
            ("zone", "D", {"expired": ""}, ["DE n1234567"]),
            ("barcode", "US CA", {}, ["US n1234567"]),
            ("zone", "UTO", {"specimen": ""}, []),
            ("zone", "NOR", {"check_digits": "number"}, []),
            ("zone", "UNO", {}, []),
            ("text", "NOR", {}, []),
        ],
    )
    def test_it_is_known_as_an_officer_would_write_it_where_it_is_a_states(
        self, source: str, issuer: str, signs: dict[str, str], known: list[str]
    ) -> None:
        fields = [documents.Field(name, text, 1, [], 1.0) for name, text in (("issuer", issuer), ("number", "N1234567"))]
        found = documents.Read(documents.Outcome.READ, documents.Source(source), fields=fields, signs=signs)
        assert reads.numbered(found) == known

    def test_does_it_once(self, nordlys: Founded) -> None:
        document = send(nordlys, specimens.specimen("TD1", SEED).jpeg, kind="identity_card", party=nordlys.controller)
        first = read(document)
        again = read(document)
        assert (again.pk, again.read_at) == (first.pk, first.read_at) and not reads.QUEUE.is_waiting()

    def test_says_what_was_wrong_with_a_picture(self, nordlys: Founded) -> None:
        reading = read(send(nordlys, picture("PNG"), party=nordlys.controller))
        assert (reading.outcome, reading.faults, reading.fields) == ("unreadable", ["too_small"], [])
        assert [str(one) for one in reading.advice] == [str(ADVICE["too_small"])]

    def test_reads_the_words_of_a_paper(self, nordlys: Founded) -> None:
        reading = read(send(nordlys, written(nordlys.party.name), kind="register_extract"))
        assert (reading.outcome, reading.source) == ("read", "text")
        found = {one.name: one for one in reads.compared(reading, reads.about(reading.document))}
        assert found["name"].verdict == "agrees" and found["name"].corners
        assert found["address"].verdict == "not_found"

    def test_says_that_it_cannot_be_read_here(self, nordlys: Founded) -> None:
        document = send(nordlys, picture("PNG", (800, 600)), kind="address")
        with patch.object(programs.shutil, "which", return_value=None):
            reading = read(document)
        assert (reading.state, reading.outcome) == ("done", "not_here") and not reading.advice

    def test_reads_it_again_once_the_programs_are_here(self, nordlys: Founded) -> None:
        document = send(nordlys, written(nordlys.party.name), kind="register_extract")
        with patch.object(programs.shutil, "which", return_value=None):
            read(document)
            assert not reads.QUEUE.is_waiting()
        assert reads.QUEUE.is_waiting()
        assert read(document).outcome == "read"

    def test_what_speaks_against_it_is_on_record(self, nordlys: Founded) -> None:
        with patch.object(specimens, "bearer", return_value=made.Bearer(issuer="UTO")):
            jpeg = specimens.specimen("TD3", SEED).jpeg
        reading = read(send(nordlys, jpeg, party=nordlys.controller))
        assert "specimen" in reading.signs
        assert AuditEvent.objects.get(verb="document.doubted").details["signs"] == sorted(reading.signs)

    def test_whether_it_has_expired_is_reckoned_by_the_day(self, nordlys: Founded) -> None:
        reading = read(send(nordlys, specimens.specimen("TD3", SEED).jpeg, party=nordlys.controller))
        ends = next(date.fromisoformat(one["value"]) for one in reading.fields if one["name"] == "expiry_date")
        told = [{*doubted.standing(reading, ends + timedelta(days=days))} & {"expired", "expires_soon"} for days in (-40, -5, 1)]
        assert told == [set(), {"expires_soon"}, {"expired"}]

    def test_what_is_done_says_how_it_went(self, nordlys: Founded) -> None:
        send(nordlys, picture("PNG"))
        reads.ask()
        with pytest.raises(IntegrityError, match="reading_done_has_an_outcome"), transaction.atomic():
            Reading.objects.update(state="done")


class TestCompared:
    def test_names_and_birth_dates(self, nordlys: Founded) -> None:
        person = nordlys.controller
        surname = person.name.split()[-1]
        given = " ".join(person.name.split()[:-1])
        born = (person.birth_date or "1980-01-01").replace("-", "")[2:]
        bearer = made.Bearer(surname=surname.upper(), given=given.upper(), birth_date=born, issuer="NOR", nationality="NOR")
        with patch.object(specimens, "bearer", return_value=bearer):
            jpeg = specimens.specimen("TD3", SEED).jpeg
        reading = read(send(nordlys, jpeg, party=person))
        found = {one.name: one.verdict for one in reads.compared(reading, reads.about(reading.document))}
        assert (found["surname"], found["given"], found["number"]) == ("agrees", "agrees", "undeclared")
        assert found["birth_date"] == ("agrees" if person.birth_date else "undeclared")
        assert reading.signs == {"expired": ""} and doubted.sentences(reading) == ["The document has expired."]

    def test_another_persons_passport_differs(self, nordlys: Founded) -> None:
        bearer = made.Bearer(surname="SOMEBODY", given="ELSE", issuer="UTO", nationality="QQQ")
        with patch.object(specimens, "bearer", return_value=bearer):
            jpeg = specimens.specimen("TD3", SEED).jpeg
        reading = read(send(nordlys, jpeg, party=nordlys.controller))
        found = {one.name: one for one in reads.compared(reading, reads.about(reading.document))}
        assert found["surname"].verdict == "differs" and found["nationality"].verdict == "differs"
        assert {"specimen", "expired"} <= reading.signs.keys()


def test_a_licence_is_read_by_its_barcode(nordlys: Founded) -> None:
    done, coded = cv2.imencode(".png", cards.photographed(cards.text(cards.BEARER), 1))
    assert done
    reading = read(send(nordlys, coded.tobytes(), kind="identity_card", party=nordlys.controller))
    assert (reading.source, reading.form) == ("barcode", "AAMVA 9")
    assert {one["name"]: one["value"] for one in reading.fields}["surname"] == "PUBLIC"


def test_the_customer_is_told_at_once_what_to_do_better(nordlys: Founded) -> None:
    reading = read(send(nordlys, picture("PNG"), party=nordlys.controller))
    page = signed_in(nordlys.by).get("/verification/documents/").content.decode()
    assert "could not be read" in page and str(reading.advice[0]) in page
