"""The page on which many owners are entered from a file."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from kyc.ownership.models import Interest
from tests.cast import Founded, customer, founded, signed_in
from tests.kyc.ownership.bods.files import entity, interest, person, tie
from tests.stage import scene

pytestmark = pytest.mark.django_db
PAGE = "/verification/owners/file/"
GOOD = "owner,owner_kind,owner_country,owned,share\nKari Moe,person,NO,Nordlys Modelling AS,60\n"


@scene
def nordlys() -> Founded:
    return founded(customer())


@pytest.fixture
def client(nordlys: Founded) -> Client:
    return signed_in(nordlys.by)


def send(client: Client, content: str | bytes, *, name: str = "owners.csv", **more: str) -> HttpResponse:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(PAGE, {"file": SimpleUploadedFile(name, data), **more}, follow=True)  # type: ignore[return-value]


class TestPage:
    def test_the_owners_page_leads_there(self, client: Client) -> None:
        assert f'href="{PAGE}"' in client.get("/verification/owners/").content.decode()
        assert "Nordlys Modelling AS" in client.get(PAGE).content.decode()

    def test_enters_them(self, client: Client) -> None:
        answer = send(client, GOOD)
        assert "1 owner entered." in answer.content.decode()
        assert Interest.objects.live().get().owner.name == "Kari Moe"
        assert "All of it stands there already." in send(client, GOOD).content.decode()

    def test_only_tries_it(self, client: Client) -> None:
        answer = send(client, GOOD, **{"try": "1"})
        assert answer.status_code == 200
        assert "It can be entered as it is" in answer.content.decode()
        assert not Interest.objects.exists()

    def test_tells_the_rows_that_are_refused(self, client: Client) -> None:
        answer = send(client, GOOD + "Ola Vik,person,NO,Nordlys Modelling AS,60\n")
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "One row can’t be entered, so nothing was" in page and "line 3" in page
        assert not Interest.objects.exists()

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("owner;owned\n", "line 1: the column owner is missing."),
            ("Müller".encode("latin-1"), "The file is not written in UTF-8."),
            ("[{]", "The file is no JSON"),
            ("[" * 100_000, "The file is nested too deeply."),
            ("[\n" + "9" * 5000 + "]", "it holds a number that is none, or has too many digits."),
            ("[\n{]", "The file is no JSON: line 2 cannot be read."),
            ("[null]", "$[0]: what stands there is of another kind than the standard has there."),
            (json.dumps([tie("Ann", "firm", interest(101))]), "the number is too large."),
            (json.dumps([tie("Ann", "firm", interest({"exact": "x"}))]), "is of another kind than the standard has there."),
            (json.dumps([{**person("Ann"), "statementDate": "yesterday"}]), "$[0]"),
            (json.dumps([{"recordId": 3}]), "$[0]"),
            (json.dumps([person("Ann")]) * 2, "The file is no JSON"),
            (b"x" * 1_000_001, "The file is larger than 1 MB."),
            ("", "the column owner is missing"),
            ("owner,owned\n\x00,\x00\n", ""),
            ("[NaN]", "The file is no JSON: it holds a number that is none"),
            ("[1E+308]", "$[0]: what stands"),
            ("[" + "{}," * 1500 + "{}]", "The file has more than 1500 statements."),
        ],
    )
    def test_refuses_a_file_in_a_sentence(self, client: Client, content: str | bytes, told: str) -> None:
        answer = send(client, content)
        assert answer.status_code == 422
        assert told in answer.content.decode()

    @pytest.mark.parametrize("content", ["null", '"x"', "NaN", "7", "{}"])
    def test_what_is_called_json_is_read_as_json(self, client: Client, content: str) -> None:
        answer = send(client, content, name="owners.JSON")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "The file is no " in page and "column" not in page.split("error-summary")[1].split("</")[0]
        assert not any(word in page for word in ("None", "Decimal", "recursion", "sys."))

    def test_reads_the_standards_statements(self, client: Client) -> None:
        answer = send(client, json.dumps([entity("firm", details={"name": "Nordlys Modelling AS"}), person("Ann")]))
        assert "All of it stands there already." in answer.content.decode()

    def test_is_closed_where_other_things_were_asked_for(self, client: Client, nordlys: Founded) -> None:
        case = nordlys.organisation.case_set.get()
        case.state = "waiting"
        case.trigger = "change"
        case.save()
        case.requirements.create(
            organisation=nordlys.organisation, what="owners", why="changed", sentence="Owners of Fjord AS.", consequence="-",
            due_on="2030-01-01", party=nordlys.controller,
        )  # fmt: skip
        answer = send(client, GOOD)
        assert "We have asked about the owners of others only." in answer.content.decode()
        assert not Interest.objects.exists()
