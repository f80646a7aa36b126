"""The pages of accounts that are run for others: declared by one, confirmed by another, ruled on by an officer."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, User
from kyc.evidence import actions as evidence
from kyc.evidence import agencies as judged
from kyc.evidence.models import Document
from kyc.parties import agencies
from kyc.parties.agency_models import Agency, AgencyAccount
from tests import cast
from tests.stage import scene

pytestmark = pytest.mark.django_db
PAGE = "/verification/agencies/"


@scene
def alice() -> User:
    user = cast.customer()
    cast.founded(user)
    return user


@scene
def bob() -> User:
    user = cast.customer("bob@client.example", "Bob Berg")
    cast.founded(user, name="Client AS")
    return user


@pytest.fixture
def as_alice(alice: User) -> Client:
    return cast.signed_in(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return cast.signed_in(bob)


def of(user: User) -> Organisation:
    return Organisation.objects.get(membership__user=user)


def said(*clients: Organisation, **more: object) -> dict[str, object]:
    lines = "\n".join(f"{agencies.number_of(one.pk)} The bakery" for one in clients)
    told = {"name": "Clients of Nordlys", "ground": "agency", "words": "We run their bots.", "accounts": lines}
    return {**told, "file": cast.pdf(width=455), **more}


def said_at(agency: Agency) -> str:
    """As the page bears it."""
    return agency.said_at.isoformat()


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]


def test_what_is_wrong_with_a_line_is_told_together_with_what_else_is_wrong(as_alice: Client) -> None:
    told = as_alice.post(f"{PAGE}declare/", {**said(), "accounts": "no number", "file": SimpleUploadedFile("a.pdf", b"")})
    assert told.status_code == 422
    assert "Line 1 does not begin with the number" in text(told) and set(told.context["form"].errors) == {"accounts", "file"}


class TestTheWay:
    def test_from_a_number_to_a_confirmed_agency_and_its_end(
        self, as_alice: Client, as_bob: Client, alice: User, bob: User
    ) -> None:
        client, number = of(bob), agencies.number_of(of(bob).pk)
        assert number in text(as_bob.get(PAGE)) and number not in text(as_alice.get(PAGE))
        page = as_alice.post(f"{PAGE}declare/", said(client))["Location"]
        shown = text(as_alice.get(page))
        assert "waits for its answer" in shown and "The bakery" in shown and client.name not in shown
        overview = text(as_bob.get("/verification/"))
        row = AgencyAccount.objects.get()
        assert "says that it runs this account for you" in overview and f"{PAGE}asked/{row.pk}/" in overview
        assert "Nordlys" in text(as_bob.get(f"{PAGE}asked/{row.pk}/"))
        assert as_bob.post(f"{PAGE}asked/{row.pk}/", {"answer": "yes"})["Location"] == PAGE
        assert "confirmed by you" in text(as_bob.get(PAGE))
        assert "says that it runs" not in text(as_bob.get("/verification/"))
        assert ">confirmed<" in text(as_alice.get(page)) and client.name not in text(as_alice.get(page))
        self.ruled()
        assert set(judged.groups()) == {client.pk, of(alice).pk}
        assert "confirmed until" in text(as_alice.get(PAGE))
        assert as_alice.post(f"{page}end/")["Location"] == PAGE
        assert judged.groups() == {} and "ended" in text(as_alice.get(PAGE))

    def ruled(self) -> None:
        """By an analyst, on the desk's page, who is first told what is missing."""
        ana, agency = cast.staff("analyst", "Ana Marić"), Agency.objects.get()
        desk = cast.signed_in(ana)
        page = f"/desk/agencies/{agency.pk}/"
        assert agency.number in text(desk.get("/desk/agencies/")) and "Client AS" in text(desk.get(page))
        until = f"{timezone.localdate() + timedelta(days=30):%Y-%m-%d}"
        told = {"ruling": "confirmed", "reason": "The contract names it.", "valid_until": until, "said_at": said_at(agency)}
        for wrong, sentence in (
            ({}, "Choose the document that shows it."),
            ({"reason": ""}, "Write what you found"),
            ({"document": self.paper(agency)}, "You have not opened"),
            ({"valid_until": "soon"}, "Write the day as 2026-11-30."),
        ):
            answer = desk.post(f"{page}rule/", told | wrong)
            assert answer.status_code == 422 and sentence in text(answer), wrong
        evidence.look_at(Document.objects.get(pk=self.paper(agency)), by=ana)
        answer = desk.post(f"{page}rule/", told | {"valid_until": "2020-01-01", "document": self.paper(agency)})
        assert answer.status_code == 422 and "Choose a day from" in text(answer)
        assert desk.post(f"{page}rule/", told | {"document": self.paper(agency)})["Location"] == page
        assert "The contract names it." in text(desk.get(page))
        assert agency.number in text(desk.get("/desk/agencies/?tab=confirmed"))
        assert agency.number not in text(desk.get("/desk/agencies/"))

    def paper(self, agency: Agency) -> int:
        return agency.organisation.document_set.latest("pk").pk


class TestSayingItAnew:
    def test_is_shown_to_whoever_looks(self, as_alice: Client, as_bob: Client, alice: User, bob: User) -> None:
        page = as_alice.post(f"{PAGE}declare/", said(of(bob)))["Location"]
        assert "Renew it" not in text(as_alice.get(page)), "nobody has looked yet"
        form = text(as_alice.get(f"{page}correct/"))
        assert "We run their bots." in form and 'value="agency" ' in form
        wrong = as_alice.post(f"{page}correct/", {"name": "", "ground": "agency", "words": ""})
        assert wrong.status_code == 422 and set(wrong.context["form"].errors) == {"name", "words"}
        told = {"name": "Shops of Nordlys", "ground": "integrator", "words": "We built their bots."}
        assert "An officer reads it next." in text(as_alice.post(f"{page}correct/", told, follow=True))
        agency, ana = Agency.objects.get(), cast.staff("analyst", "Ana Marić")
        desk = cast.signed_in(ana)
        shown = text(desk.get(f"/desk/agencies/{agency.pk}/"))
        assert "We built their bots." in shown and "What it said before" in shown and "We run their bots." in shown
        no = {"ruling": "refused", "reason": "No contract names it.", "said_at": said_at(agency)}
        desk.post(f"/desk/agencies/{agency.pk}/rule/", no)
        same = text(as_alice.post(f"{page}correct/", told, follow=True))
        assert "It stands as you wrote it." in same and "An officer reads it next." not in same, "it was read"
        refused = text(as_alice.get(page))
        assert "not accepted" in refused and "Renew it" in refused
        assert "from the first one’s word to the second’s it does not count" in text(as_alice.get(f"{page}renew/"))
        assert as_alice.post(f"{page}renew/").status_code == 422
        papers = agency.organisation.document_set.count()
        assert as_alice.post(f"{page}renew/", {"file": cast.pdf(width=456)})["Location"] == page
        assert agency.organisation.document_set.count() == papers + 1
        assert "renewed; not looked at yet" in text(as_alice.get(page))
        assert agency.number in text(desk.get("/desk/agencies/")) and as_bob.get(f"{page}correct/").status_code == 404

    def test_an_officer_confirms_no_words_that_he_was_not_shown(self, as_alice: Client, alice: User, bob: User) -> None:
        page = as_alice.post(f"{PAGE}declare/", said(of(bob)))["Location"]
        desk, agency = cast.signed_in(cast.staff("analyst", "Ana Marić")), Agency.objects.get()
        there = f"/desk/agencies/{agency.pk}/"

        def rule(opened: str) -> Any:
            [shown] = re.findall(r'name="said_at" value="([^"]+)"', opened)
            return desk.post(f"{there}rule/", {"ruling": "refused", "reason": "No contract names it.", "said_at": shown})

        opened = text(desk.get(there))
        as_alice.post(f"{page}correct/", {"name": "Shops", "ground": "integrator", "words": "We built their bots."})
        refused = rule(opened)
        assert refused.status_code == 422 and not agency.rulings.exists()
        assert "has corrected it since you opened this page" in text(refused) and "We built their bots." in text(refused)
        assert rule(text(refused))["Location"] == there and agency.rulings.count() == 1, "by now it was shown"


class TestDeclaring:
    def test_the_document_is_made_anew_before_anything_is_locked(
        self, as_alice: Client, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def late(_file: object) -> None:
            raise AssertionError("taken under the lock")

        monkeypatch.setattr(evidence, "take", late)
        assert as_alice.post(f"{PAGE}declare/", said(of(bob))).status_code == 302
        assert "HEIC" in text(as_alice.get(f"{PAGE}declare/"))

    def test_a_document_that_is_here_already_will_do(self, as_alice: Client, alice: User, bob: User) -> None:
        data = cast.pdf(width=455).read()
        evidence.upload(of(alice), kind="other", file=SimpleUploadedFile("contract.pdf", data), by=alice)
        again = said(of(bob), file=SimpleUploadedFile("contract.pdf", data))
        assert as_alice.post(f"{PAGE}declare/", again).status_code == 302
        assert of(alice).document_set.filter(kind="other").count() == 1

    @pytest.mark.parametrize(
        ("more", "sentence"),
        [
            ({"name": ""}, "This is needed."),
            ({"ground": ""}, "Choose why you run them."),
            ({"words": ""}, "Say what you do for them."),
            ({"accounts": "000001-AAAAAAAAAA"}, "Line 1 does not begin with the number of an account."),
            ({"file": ""}, "Choose a file."),
        ],
    )
    def test_keeps_what_was_typed_and_makes_nothing(
        self, as_alice: Client, bob: User, more: dict[str, object], sentence: str
    ) -> None:
        answer = as_alice.post(f"{PAGE}declare/", said(of(bob), **more))
        assert answer.status_code == 422 and sentence in text(answer)
        assert not Agency.objects.exists()

    def test_is_all_or_nothing(self, as_alice: Client, alice: User, bob: User) -> None:
        strange = SimpleUploadedFile("contract.pdf", b"no such thing")
        answer = as_alice.post(f"{PAGE}declare/", said(of(bob), file=strange))
        assert answer.status_code == 422 and "Clients of Nordlys" in text(answer)
        assert not Agency.objects.exists() and not of(alice).document_set.filter(kind="other").exists()

    def test_tells_of_accounts_as_of_numbers_that_lead_nowhere(self, as_alice: Client, bob: User) -> None:
        """Who is not given the number can't learn whether there is such an account."""
        wrong = [f"{of(bob).pk:06d}-AAAAAAAAAA", "999999-AAAAAAAAAA"]
        answers = [text(as_alice.post(f"{PAGE}declare/", said(of(bob), accounts=one))) for one in wrong]
        assert ["does not begin with the number of an account" in one for one in answers] == [True, True]
        assert len({re.sub(r"[0-9]{6}-A{10}|nonce=.*?>|value=.*?>", "", one) for one in answers}) == 1


class TestOthers:
    def test_are_not_shown_nor_heard(self, as_alice: Client, as_bob: Client, bob: User) -> None:
        page = as_alice.post(f"{PAGE}declare/", said(of(bob)))["Location"]
        row, agency = AgencyAccount.objects.get(), Agency.objects.get()
        assert as_bob.get(page).status_code == 404
        assert as_bob.post(f"{PAGE}{agency.pk}/end/").status_code == 404
        assert as_bob.post(f"{PAGE}accounts/{row.pk}/end/").status_code == 404
        assert as_alice.post(f"{PAGE}asked/{row.pk}/", {"answer": "yes"}).status_code == 404
        assert as_alice.post(f"{PAGE}accounts/{row.pk}/end/")["Location"] == page
        assert as_bob.get(f"{PAGE}asked/{row.pk}/").status_code == 404
