"""The customer's way, page by page."""

import re
from datetime import timedelta
from html import unescape
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from kyc.cases import actions as cases
from kyc.cases.models import Case, Requirement
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties import statuses
from kyc.parties.models import Party, Role
from kyc.rules import packs
from tests.cast import Founded, customer, founded, pdf, signed_in, submitted, written
from tests.whole import IS_WHOLE

COMPANY = {
    "name": "Nordlys AS",
    "legal_form": "AS",
    "registration_number": "1",
    "country": "NO",
    "hq_country": "NO",
    **written(),
    "phone": "+47 77 00 00 00",
}
PERSON = {"name": "Lars Dahl", "country": "NO", "birth_date": "1980-02-01", "roles": ["director"], "us_basis": "none"}
ODD, LONG = ("a\x00b", "\u202egnp.exe", "\x1b[31m", "\x7f", "\ufffe"), "x" * 100_000


def nasty(*fields: str) -> list[tuple[str, str]]:
    """Every field with every value; in each run every field with the long one, and by turns with one of the others, which are
    refused at one place in the code."""
    if IS_WHOLE:
        return list(product(fields, (*ODD, LONG)))
    return [(field, value) for number, field in enumerate(fields) for value in (ODD[number % len(ODD)], LONG)]


def url(name: str, *args: object) -> str:
    return reverse(f"onboarding:{name}", args=args)


def changed(client: Client, path: str, told: dict[str, object]) -> HttpResponse:
    """The page opened, filled in and sent, as a browser does it."""
    form = client.get(path).context["form"]
    return client.post(path, {**told, "shown": form["shown"].value()})


def text(page: HttpResponse) -> str:
    """What a reader sees."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", re.sub(r"</?bdi>", "", page.content.decode())).split()))


class TestStart:
    def test_leads_a_newcomer_to_the_notice_and_a_member_to_the_overview(self, alice: User) -> None:
        client = signed_in(alice)
        assert client.get("/start/")["Location"] == url("create")
        founded(alice)
        assert client.get("/start/")["Location"] == url("overview")


NOTICE = packs.current().notice_version


class TestCreate:
    SENT = {"notice": NOTICE, "name": "Nordlys", "your_name": "Alice Olsen"}

    def test_who_comes_for_himself_gives_only_his_name(self, alice: User) -> None:
        client = signed_in(alice)
        assert "Leave it empty if you come for yourself." in client.get(url("create")).content.decode()
        assert client.post(url("create"), {**self.SENT, "name": " "})["Location"] == url("kind")
        assert Organisation.objects.get().name == "Alice Olsen"

    def test_without_his_own_name_it_goes_no_further(self, alice: User) -> None:
        answer = signed_in(alice).post(url("create"), {**self.SENT, "name": "", "your_name": ""})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["your_name"]

    def test_shows_the_notice_before_it_asks(self, alice: User) -> None:
        page = signed_in(alice).get(url("create")).content.decode()
        assert page.index('id="notice"') < page.index('name="your_name"')
        assert NOTICE in page and "for some years after that" in page

    def test_opens_the_case_under_the_version_that_was_shown(self, alice: User) -> None:
        assert signed_in(alice).post(url("create"), self.SENT)["Location"] == url("kind")
        case = Case.objects.get()
        assert (case.notice_version, case.notice_locale) == (NOTICE, "en")
        assert Membership.objects.get(user=alice).role == Membership.Role.OWNER
        assert case.organisation.project_set.get().name == "Default"

    def test_an_older_notice_is_shown_anew_and_nothing_is_made(self, alice: User) -> None:
        response = signed_in(alice).post(url("create"), {**self.SENT, "notice": "2020-01"})
        assert 'value="Nordlys"' in response.content.decode()
        assert not Case.objects.exists()

    def test_sent_twice_it_makes_one(self, alice: User) -> None:
        client = signed_in(alice)
        client.post(url("create"), self.SENT)
        client.post(url("create"), self.SENT)
        assert Membership.objects.filter(user=alice).count() == 1


class TestOverview:
    def test_says_what_is_missing_with_the_way_there(self, alices: Client) -> None:
        page = alices.get(url("overview")).content.decode()
        assert "Three things are missing" in page
        assert "Say who owns Nordlys Modelling AS." in page
        assert f'href="{url("owners")}"' in page
        assert page.partition('id="session-end"')[0].count("button primary") == 1

    def test_says_what_is_asked_until_when_and_what_happens_otherwise(self, alice: User) -> None:
        nordlys = submitted(alice)
        Case.objects.update(state=Case.State.WAITING)
        case = Case.objects.get()
        due = timezone.now().date() + timedelta(days=9)
        Requirement.objects.create(
            organisation=nordlys.organisation,
            case=case,
            sentence="Send the <b>extract</b>.",
            consequence="Keys stay off.",
            due_on=due,
        )
        page = signed_in(alice).get(url("overview")).content.decode()
        assert "One more thing" in page
        assert f"By {due.day}" in page
        assert "Otherwise: Keys stay off." in page
        assert "Send the &lt;b&gt;extract&lt;/b&gt;." in page

    @pytest.mark.parametrize("state", [Case.State.SUBMITTED, Case.State.REVIEW, Case.State.PROPOSED])
    def test_looks_the_same_whatever_is_done_inside(self, alice: User, state: str) -> None:
        submitted(alice)
        Case.objects.update(state=state)
        page = signed_in(alice).get(url("overview")).content.decode()
        assert "We are examining what you sent" in page
        assert "To review" not in page
        assert "To approve" not in page

    def test_while_it_is_examined_closed_steps_are_no_links_and_what_may_be_done_stands_above(self, alice: User) -> None:
        client = signed_in(alice)
        submitted(alice)
        page = client.get(url("overview")).content.decode()
        steps, _, rest = page.partition('<nav class="steps"')[2].partition("</nav>")
        assert steps.count("<li") >= 7 and "<a " not in steps
        assert rest.index(url("confirm")) < rest.index("What we have")
        assert "nothing for you to do" not in page


class TestWhatWeHave:
    def test_names_owners_with_their_shares_and_files(self, alice: User) -> None:
        nordlys = founded(alice)
        holding = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, kind="company", name="شركة الأفق", country="JO", hq_country="JO",
            share="1/3", by=alice,
        ).owner  # fmt: skip
        ownership.declare_owner(
            nordlys.organisation, owned=holding, kind="person", name="Layla Haddad", country="JO", share="100", by=alice
        )
        evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(), by=alice)
        evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=nordlys.controller, by=alice)
        cases.submit(Case.objects.get(), declared_true=True, by=alice)
        page = signed_in(alice).get(url("overview"))
        assert page.context["case"].state == Case.State.SUBMITTED
        words = text(page)
        assert "Owners of Nordlys Modelling AS شركة الأفق Company · Jordan 1/3 (≈ 33.33 %) Not named ≈ 66.67 %" in words
        assert "Owners of شركة الأفق Layla Haddad no date of birth told · Jordan · in US law: Not known 100 %" in words
        assert "extract.pdf" in words
        assert page.content.decode().count("<bdi>شركة الأفق</bdi>") == 2

    @pytest.mark.parametrize("state", [Case.State.WAITING, Case.State.SUBMITTED, Case.State.REVIEW])
    def test_offers_changes_only_while_they_can_be_made(self, alice: User, state: str) -> None:
        submitted(alice)
        Case.objects.update(state=state)
        page, is_open = signed_in(alice).get(url("overview")), state == Case.State.WAITING
        assert ("Saved on" in text(page)) is is_open
        assert ("You can stop here and go on later" in text(page)) is is_open
        assert (">Change</a>" in page.content.decode()) is is_open

    def test_asks_for_the_company_once(self, alices: Client) -> None:
        for name in ("overview", "check", "company", "owners"):
            with CaptureQueriesContext(connection) as queries:
                assert alices.get(url(name)).status_code == 200
            # Those that fetch it; a document's query names it in a part of its own.
            fetches = [query["sql"] for query in queries if query["sql"].startswith('SELECT "kyc_role"')]
            lookups = [sql for sql in fetches if "\"kind\" = 'customer'" in sql]
            assert len(lookups) == 1, name


class TestNames:
    def test_that_end_in_a_full_stop_get_no_second_one(self, alice: User) -> None:
        founded(alice, name="Nordlys Ltd.")
        client = signed_in(alice)
        assert "Say who owns Nordlys Ltd. " in text(client.get(url("overview")))
        for name in ("overview", "owners", "check"):
            assert "Ltd.." not in text(client.get(url(name))), name

    @pytest.mark.parametrize("name", ["overview", "check", "people", "owners"])
    def test_keep_their_direction_to_themselves(self, alice: User, name: str) -> None:
        nordlys = founded(alice, name="شركة الأفق", person="ليلى حداد")
        ownership.declare_owner(nordlys.organisation, owned=nordlys.party, owner=nordlys.controller, share="5", by=alice)
        main = signed_in(alice).get(url(name)).content.decode().partition("<main")[2].partition("</main>")[0]
        # A drawing has no such element: there a name stands by itself, or between marks that set it apart.
        read = re.sub(r'="[^"]*"|<svg.*?</svg>', "", main, flags=re.DOTALL)
        assert "ليلى حداد" in read
        for party in ("شركة الأفق", "ليلى حداد"):
            assert read.count(party) == read.count(f"<bdi>{party}</bdi>"), party


class TestCompany:
    def test_is_saved_and_shown_again(self, alices: Client, nordlys: Founded) -> None:
        told = {**COMPANY, **written(street="Gate 1\nB 2")}
        assert changed(alices, url("company"), told)["Location"] == url("people")
        page = alices.get(url("company")).content.decode()
        assert 'value="Nordlys AS"' in page
        assert "Gate 1\nB 2" in page
        assert "Saved on" in page

    def test_begins_with_the_organisations_name(self, alice: User) -> None:
        client = signed_in(alice)
        client.post(url("create"), TestCreate.SENT)
        form = client.get(url("company")).context["form"]
        assert (form["name"].value(), form["country"].value()) == ("Nordlys", None)
        client.post(url("company"), {**COMPANY, "name": "Nordlys Modelling AS"})
        assert client.get(url("company")).context["form"]["name"].value() == "Nordlys Modelling AS"

    def test_keeps_what_was_typed_and_says_what_is_wrong_beside_it(self, alices: Client) -> None:
        response = alices.post(url("company"), {**COMPANY, "country": "", "legal_form": "GmbH & Co"})
        page = response.content.decode()
        assert response.status_code == 422
        assert 'value="GmbH &amp; Co"' in page
        assert page.count("Choose a country from the list.") >= 2

    @pytest.mark.soak
    @pytest.mark.sample
    @pytest.mark.parametrize(("field", "value"), nasty(*sorted(COMPANY)))
    def test_takes_no_harm(self, alices: Client, nordlys: Founded, field: str, value: str) -> None:
        response = changed(alices, url("company"), {**COMPANY, field: value})
        assert response.status_code == 422
        assert Party.objects.get(pk=nordlys.party.pk).name == "Nordlys Modelling AS"


class TestPeople:
    def test_names_a_director(self, alices: Client, nordlys: Founded) -> None:
        assert alices.post(url("person_add"), PERSON)["Location"] == url("people")
        assert "Lars Dahl" in alices.get(url("people")).content.decode()

    def test_sent_twice_names_one_and_leads_to_that_entry(self, alices: Client, nordlys: Founded) -> None:
        assert alices.post(url("person_add"), PERSON).status_code == 302
        lars = Party.objects.get(name="Lars Dahl")
        again = alices.post(url("person_add"), {**PERSON, "name": "lars  dahl"})
        assert again.status_code == 422
        assert "Lars Dahl is already named with this date of birth." in text(again)
        assert f'<a href="{url("person", lars.pk)}">Open that entry</a>' in again.content.decode()
        assert Party.objects.filter(name__iexact="Lars Dahl").count() == 1

    def test_an_owner_named_before_becomes_a_director_there(self, alices: Client, nordlys: Founded) -> None:
        told = {"name": "Lars Dahl", "country": "NO", "birth_date": "1980-02-01", "us_basis": "none", "share": "5"}
        alices.post(url("owner_add", nordlys.party.pk, "person"), told)
        lars = Party.objects.get(name="Lars Dahl")
        assert url("person", lars.pk) in alices.post(url("person_add"), PERSON).content.decode()
        assert changed(alices, url("person", lars.pk), PERSON).status_code == 302
        assert set(Role.objects.live().filter(party=lars).values_list("kind", flat=True)) == {"owner", "director"}

    def test_who_controls_is_asked_for_a_title_beside_the_field(self, alices: Client, nordlys: Founded) -> None:
        answer = alices.post(url("person_add"), {**PERSON, "roles": ["controller"], "title": ""})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["title"]
        assert "Needed of the controlling person." in text(answer)

    def test_offers_to_replace_the_controlling_person(self, alices: Client, nordlys: Founded) -> None:
        asked = {**PERSON, "roles": ["controller"], "title": "Manager"}
        response = alices.post(url("person_add"), asked)
        page = response.content.decode()
        assert response.status_code == 422
        assert "Alice Olsen is named as the controlling person" in page
        assert '<input type="checkbox" name="replace"' in page
        assert alices.post(url("person_add"), {**asked, "replace": "on"}).status_code == 302
        assert Role.objects.live().get(kind=Role.Kind.CONTROLLER).party.name == "Lars Dahl"

    @pytest.mark.soak
    @pytest.mark.sample
    @pytest.mark.parametrize(
        ("field", "value"), nasty("name", "native_name", "title", "country", "birth_date", "address_street", "roles")
    )
    def test_takes_no_harm(self, alices: Client, field: str, value: str) -> None:
        assert alices.post(url("person_add"), {**PERSON, field: value}).status_code == 422
        assert not Party.objects.filter(name="Lars Dahl").exists()

    def test_is_asked_before_removing(self, alices: Client, nordlys: Founded) -> None:
        gone = url("person_remove", nordlys.controller.pk)
        assert "Remove Alice Olsen?" in text(alices.get(gone))
        assert Party.objects.get(pk=nordlys.controller.pk).removed_on is None
        alices.post(gone)
        assert Party.objects.get(pk=nordlys.controller.pk).removed_on is not None


class TestOwners:
    REACH = {**written("NO"), "email": "lars@dahl.example", "phone": "+47 77 00 00 01"}

    def test_a_person_is_asked_where_he_can_be_reached(self, alices: Client, nordlys: Founded) -> None:
        told = {"name": "Lars Dahl", "country": "NO", "us_basis": "none", "share": "5", **self.REACH}
        bad = alices.post(url("owner_add", nordlys.party.pk, "person"), {**told, "email": "lars"})
        assert (bad.status_code, list(bad.context["form"].errors)) == (422, ["email"])
        assert alices.post(url("owner_add", nordlys.party.pk, "person"), told).status_code == 302
        lars = Party.objects.get(name="Lars Dahl")
        assert (lars.address, lars.email, lars.phone) == ("Gate 1\n0150 Oslo\nNorway", "lars@dahl.example", "+4777000001")
        page = url("owner", lars.interests.get().pk)
        assert "lars@dahl.example" in alices.get(page).content.decode()
        assert changed(alices, page, {**told, "phone": ""}).status_code == 302
        assert Party.objects.get(pk=lars.pk).phone == ""

    def test_is_not_asked_it_where_all_are_us_persons(self, alices: Client, nordlys: Founded) -> None:
        add = url("owner_add", nordlys.party.pk, "person")
        assert set(self.REACH) <= set(alices.get(add).context["form"].fields)
        statuses.declare(nordlys.controller, basis="citizen", by=nordlys.by)
        parties.declare_company(
            nordlys.organisation, name="Nordlys Inc.", legal_form="Inc.", registration_number="1", country="US", hq_country="US",
            address="1 Main Street", by=nordlys.by,
        )  # fmt: skip
        assert not set(self.REACH) & set(alices.get(add).context["form"].fields)

    def test_go_as_deep_as_they_go(self, alices: Client, nordlys: Founded) -> None:
        owned = nordlys.party
        for depth in range(1, 8):
            told = {"name": f"Level {depth} AS", "country": "NO", "hq_country": "NO", "share": "75"}
            assert alices.post(url("owner_add", owned.pk, "company"), told).status_code == 302
            owned = Party.objects.get(name=f"Level {depth} AS")
        alices.post(url("owner_add", owned.pk, "known"), {"owner": nordlys.controller.pk, "share": "1/3"})
        page = alices.get(url("owners")).content.decode()
        assert page.count("75 % named, 25 % left") == 7
        assert "1/3 (≈ 33.33 %)" in page

    def test_a_circle_is_shown_once(self, alices: Client, nordlys: Founded) -> None:
        told = {"name": "Ring AS", "country": "NO", "hq_country": "NO", "share": "10"}
        alices.post(url("owner_add", nordlys.party.pk, "company"), told)
        ring = Party.objects.get(name="Ring AS")
        alices.post(url("owner_add", ring.pk, "known"), {"owner": nordlys.party.pk, "share": "10"})
        assert alices.get(url("owners")).content.decode().count("<h2>Owners of") == 2

    def test_too_much_is_explained_beside_the_share(self, alices: Client, nordlys: Founded) -> None:
        add = url("owner_add", nordlys.party.pk, "person")
        alices.post(add, {"name": "Kari Moe", "country": "NO", "us_basis": "none", "share": "80"})
        response = alices.post(add, {"name": "Ola Moe", "country": "NO", "us_basis": "none", "share": "21"})
        assert response.status_code == 422
        assert "more than 100 %. 20 % is left." in response.content.decode()
        assert not Party.objects.filter(name="Ola Moe").exists()

    @pytest.mark.parametrize(
        ("kind", "told"),
        [
            ("person", {"name": "Kari Moe", "country": "NO", "birth_date": "1980-02-01", "us_basis": "none", "share": "60"}),
            ("company", {"name": "Holding AS", "country": "NO", "hq_country": "NO", "share": "60"}),
            ("state", {"name": "Norway", "country": "NO", "share": "60"}),
        ],
    )
    def test_sent_twice_names_one_and_leads_to_that_entry(
        self, alices: Client, nordlys: Founded, kind: str, told: dict[str, str]
    ) -> None:
        add = url("owner_add", nordlys.party.pk, kind)
        assert alices.post(add, told).status_code == 302
        again = alices.post(add, told)
        assert again.status_code == 422
        assert f"{told['name']} is already named among the owners of Nordlys Modelling AS" in text(again)
        assert f'<a href="{url("owner", Interest.objects.get().pk)}">Open that entry</a>' in again.content.decode()

    def test_someone_named_before_sent_twice_is_told_so(self, alices: Client, nordlys: Founded) -> None:
        add, told = url("owner_add", nordlys.party.pk, "known"), {"owner": nordlys.controller.pk, "share": "5"}
        assert alices.post(add, told).status_code == 302
        again = alices.post(add, told)
        assert again.status_code == 422
        assert "Alice Olsen is already named among the owners" in text(again)
        assert f'<a href="{url("owner", Interest.objects.get().pk)}">' in again.content.decode()
        offered = alices.get(add).context["form"].fields["owner"].queryset
        assert "Alice Olsen" in [str(party) for party in offered], "she may hold votes besides"

    @pytest.mark.parametrize("kind", ["person", "company", "state"])
    def test_are_named_in_their_own_script_too(self, alices: Client, nordlys: Founded, kind: str) -> None:
        told = {"name": "Lotus", "native_name": "莲花", "country": "SG", "hq_country": "SG", "us_basis": "unknown", "share": "5"}
        alices.post(url("owner_add", nordlys.party.pk, kind), told)
        interest = Interest.objects.get()
        assert interest.owner.native_name == "莲花"
        assert "莲花" in alices.get(url("owners")).content.decode()
        changed(alices, url("owner", interest.pk), {**told, "native_name": "莲花推理"})
        assert Interest.objects.get().owner.native_name == "莲花推理"

    def test_a_persons_birth_date_is_asked_with_the_reason(self, alices: Client, nordlys: Founded) -> None:
        page = alices.get(url("owner_add", nordlys.party.pk, "person"))
        assert "Date of birth (optional)" in text(page)
        assert "others of the same name on sanctions lists" in text(page)

    def test_a_share_and_a_name_are_mended_together_or_not_at_all(self, alices: Client, nordlys: Founded) -> None:
        alices.post(
            url("owner_add", nordlys.party.pk, "person"), {"name": "Kari Moe", "country": "NO", "us_basis": "none", "share": "80"}
        )
        change = url("owner", Interest.objects.get().pk)
        told = {"name": "Kari Moen", "country": "NO", "us_basis": "none", "share": "70"}
        assert changed(alices, change, {**told, "birth_date": "2090-01-01"}).status_code == 422
        assert Interest.objects.get().share == "80"
        assert changed(alices, change, told).status_code == 302
        assert (Interest.objects.get().share, Interest.objects.get().owner.name) == ("70", "Kari Moen")

    @pytest.mark.soak
    @pytest.mark.sample
    @pytest.mark.parametrize(("field", "value"), nasty("name", "country", "birth_date", "share"))
    def test_takes_no_harm(self, alices: Client, nordlys: Founded, field: str, value: str) -> None:
        told = {"name": "Kari Moe", "country": "NO", "us_basis": "none", "share": "1", field: value}
        assert alices.post(url("owner_add", nordlys.party.pk, "person"), told).status_code == 422
        assert not Interest.objects.exists()


class TestDocuments:
    @pytest.mark.parametrize("kind", ["passport", "identity_card", "residence", "authority"])
    def test_a_persons_paper_names_whose_it_is(self, alices: Client, nordlys: Founded, kind: str) -> None:
        refused = alices.post(url("documents"), {"kind": kind, "file": pdf()})
        assert refused.status_code == 422
        assert refused.context["form"].errors["party"] == ["This is a person's paper: choose whose it is."]
        told = {"kind": kind, "party": nordlys.controller.pk, "file": pdf()}
        assert alices.post(url("documents"), told).status_code == 302

    def test_are_added_read_back_and_taken_back(self, alices: Client) -> None:
        assert alices.post(url("documents"), {"kind": "register_extract", "file": pdf()}).status_code == 302
        document = Document.objects.get()
        response = alices.get(url("document", document.pk))
        assert b"".join(response.streaming_content) == document.file.read()
        assert response["Content-Disposition"] == 'attachment; filename="extract.pdf"'
        assert "no-store" in response["Cache-Control"]
        assert response["X-Content-Type-Options"] == "nosniff"
        alices.post(url("document_remove", document.pk))
        assert alices.get(url("document", document.pk)).status_code == 404

    def test_the_same_file_sent_twice_is_kept_once(self, alices: Client, nordlys: Founded) -> None:
        data = pdf().read()

        def sent(kind: str, **about: object) -> HttpResponse:
            return alices.post(url("documents"), {"kind": kind, "file": SimpleUploadedFile("passport.pdf", data), **about})

        assert sent("passport", party=nordlys.controller.pk).status_code == 302
        again = sent("passport", party=nordlys.controller.pk)
        assert again.status_code == 422
        assert "You have already added this file." in text(again)
        assert Document.objects.count() == 1
        assert sent("other").status_code == sent("other", party=nordlys.controller.pk).status_code == 302

    @pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.4 broken"])
    def test_what_is_no_document_is_explained_and_the_kind_kept(self, alices: Client, data: bytes) -> None:
        response = alices.post(url("documents"), {"kind": "passport", "file": SimpleUploadedFile("x.pdf", data)})
        assert response.status_code == 422
        assert '<option value="passport" selected>' in response.content.decode()
        assert not Document.objects.exists()

    @pytest.mark.parametrize("name", ["a\x00b.pdf", "\u202efdp.exe", "../../etc/passwd", "x" * 5000 + ".pdf", "\x07"])
    def test_names_take_no_harm(self, alices: Client, name: str) -> None:
        assert alices.post(url("documents"), {"kind": "other", "file": SimpleUploadedFile(name, pdf().read())}).status_code < 500
        page = alices.get(url("documents"))
        assert page.status_code == 200
        assert "\u202e" not in page.content.decode()
        assert "/etc/" not in page.content.decode()


class TestCheck:
    def test_shows_of_each_person_what_may_be_wrong(self, alices: Client, nordlys: Founded) -> None:
        Party.objects.filter(pk=nordlys.controller.pk).update(country="DK")
        person = Party.objects.get(pk=nordlys.controller.pk)
        person.address = "Havnegata 7"
        person.save()
        page = alices.get(url("check")).content.decode()
        assert "born 1984-03-17 · Denmark · in US law: No US citizen, resident or the like · <bdi>Havnegata 7</bdi>" in page

    def test_leads_back_to_what_is_missing_and_cannot_be_sent(self, alices: Client) -> None:
        page = alices.get(url("check")).content.decode()
        assert "disabled" in page
        assert f'href="{url("documents")}"' in page
        response = alices.post(url("check"), {"declared_true": "on"})
        assert response.status_code == 422
        assert Case.objects.get().state == Case.State.DRAFT

    def test_is_sent_once_and_only_declared_true(self, alices: Client, nordlys: Founded) -> None:
        alices.post(url("owner_add", nordlys.party.pk, "known"), {"owner": nordlys.controller.pk, "share": "100"})
        alices.post(url("documents"), {"kind": "register_extract", "file": pdf()})
        alices.post(url("documents"), {"kind": "passport", "party": nordlys.controller.pk, "file": pdf(width=420)})
        assert alices.post(url("check"), {}).status_code == 422
        assert alices.post(url("check"), {"declared_true": "on"})["Location"] == url("overview")
        alices.post(url("check"), {"declared_true": "on"})
        case = Case.objects.get()
        assert (case.state, case.examinations.count()) == (Case.State.SUBMITTED, 1)
        assert case.declared_true_by == nordlys.by


class TestTwoMembers:
    def test_share_one_organisation(self, alices: Client, nordlys: Founded) -> None:
        bob = customer("bob@nordlys.example", "Bob")
        Membership.objects.create(organisation=nordlys.organisation, user=bob)
        assert "Nordlys Modelling AS" in signed_in(bob).get(url("company")).content.decode()
