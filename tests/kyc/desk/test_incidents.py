"""The investigators' pages. What nobody else is shown tells tests/test_compartment.py."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import legal_holds, scope
from accounts.models import User
from kyc.cases.models import Case
from kyc.networks import actions
from kyc.networks.models import BLOCKS, Incident, Involvement
from tests import cast
from tests.accounts.test_middleware import code_now
from tests.accounts.test_resume import SAID, signed_out, signs_in

pytestmark = pytest.mark.django_db
TOLD = {"title": "Copied answers", "kind": "extraction", "confidence": "low", "detected_on": "2026-11-02"}
LIST = "/desk/incidents/"


@pytest.fixture
def ines(db: None) -> User:
    return cast.staff("investigator", "Ines Caldeira")


@pytest.fixture
def as_ines(ines: User) -> Client:
    return cast.signed_in(ines)


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def opened(ines: User) -> Iterator[None]:
    with scope.of_officer(ines):
        yield


@pytest.fixture
def incident(ines: User) -> Incident:
    return actions.open_incident(**TOLD | {"detected_on": date(2026, 11, 2)}, by=ines)


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


class TestList:
    def test_counts_and_finds_by_number_title_and_organisation(self, as_ines: Client, incident: Incident, case: Case) -> None:
        ines = incident.opened_by
        actions.involve(incident, organisation=case.organisation, why="Its keys.", by=ines)
        other = actions.open_incident(**TOLD | {"title": "Lent keys", "detected_on": date(2026, 11, 2)}, by=ines)
        actions.close(other, outcome="unfounded", reason="A test of ours.", by=ines)
        page = as_ines.get(LIST).context["page"]
        assert [(tab.count, tab.active) for tab in page.tabs] == [(1, True), (1, False)]
        assert [row.names for row in page.rows] == [["Nordlys Modelling AS"]]
        for word, found in ((incident.number, [incident]), ("copied", [incident]), ("nordlys", [incident]), ("lent", [other])):
            assert as_ines.get(LIST, {"q": word}).context["page"].rows == found, word
        assert "No incident matches" in text(as_ines.get(LIST, {"q": "nobody"}))

    def test_asks_no_more_for_many(self, as_ines: Client, ines: User, django_assert_max_num_queries: Any) -> None:
        for number in range(3):
            actions.open_incident(**TOLD | {"title": str(number), "detected_on": date(2026, 11, 2)}, by=ines)
        with django_assert_max_num_queries(14) as one:
            as_ines.get(LIST)
        for number in range(55):
            actions.open_incident(**TOLD | {"title": f"more {number}", "detected_on": date(2026, 11, 2)}, by=ines)
        with django_assert_max_num_queries(len(one)):
            page = as_ines.get(LIST).context["page"]
        assert len(page.rows) == 50 and page.older
        assert len(as_ines.get(LIST + page.older).context["page"].rows) == 8


class TestWriting:
    def test_from_the_first_word_to_the_last(self, as_ines: Client, case: Case) -> None:
        page = text(as_ines.post(f"{LIST}new/", TOLD | {"who": "Three\r\naccounts."}, follow=True))
        incident = Incident.objects.get()
        assert f"{incident.number} is open" in page and "Three<br>accounts." in page
        blocks = dict.fromkeys(BLOCKS, "Told.")
        shown = as_ines.get(f"{LIST}{incident.pk}/write/").context["form"]["shown"].value()
        assert "Saved." in text(as_ines.post(f"{LIST}{incident.pk}/write/", TOLD | blocks | {"shown": shown}, follow=True))
        about = {"incident": incident.pk, "about": "organisation", "why": "Its keys."}
        assert f"Involved in {incident.number}." in text(as_ines.post(f"/desk/cases/{case.pk}/involve/", about, follow=True))
        page = f"{LIST}{incident.pk}/"
        assert "Nordlys Modelling AS" in text(as_ines.get(page))
        assert "By night." in text(as_ines.post(f"{page}note/", {"text": "By night."}, follow=True))
        assert "BIS" in text(as_ines.post(f"{page}refer/", {"recipient": "BIS", "made_on": "2026-11-03"}, follow=True))
        (row,) = Involvement.objects.all()
        ended = as_ines.post(f"{page}involved/{row.pk}/end/", {"reason": "Another's."}, follow=True)
        assert "ended by Ines Caldeira: Another&#x27;s." in text(ended)
        closed = text(as_ines.post(f"{page}close/", {"outcome": "referred", "reason": "Sent."}, follow=True))
        assert "Closed." in closed and "Close for good" not in closed and f"{page}write/" not in closed
        assert "It is involved in none." in text(as_ines.get(f"/desk/cases/{case.pk}/"))

    @pytest.mark.parametrize(("path", "sent", "why"), [
        ("write/", TOLD | {"title": ""}, "Give it a title"),
        ("write/", TOLD | {"last_seen_on": "2026-11-01"}, "Say since when it was seen"),
        ("write/", TOLD | {"detected_on": "2999-01-01"}, "This day has not come yet."),
        ("note/", {"text": ""}, "Write the note."),
        ("refer/", {"recipient": "BIS", "made_on": "soon"}, "Write the day as"),
        ("close/", {"outcome": "referred", "reason": "Sent."}, "No referral is recorded yet"),
        ("close/", {"outcome": "", "reason": ""}, "Choose how it ends."),
    ])  # fmt: skip
    def test_says_why_not_and_keeps_what_was_typed(
        self, as_ines: Client, incident: Incident, path: str, sent: dict[str, str], why: str
    ) -> None:
        if path == "write/":
            sent = sent | {"how": "By proxies.", "shown": actions.as_shown(incident)}
        page = text(as_ines.post(f"{LIST}{incident.pk}/{path}", sent), 422)
        assert why in page
        assert all(value in page for value in sent.values())

    def test_what_another_has_written_meanwhile_is_shown_first(self, as_ines: Client, incident: Incident) -> None:
        url, shown = f"{LIST}{incident.pk}/write/", actions.as_shown(incident)
        actions.write(incident, who="Three accounts.", by=cast.staff("investigator", "Second"))
        answer = as_ines.post(url, TOLD | {"who": "Two accounts.", "shown": shown})
        page = text(answer, 422)
        assert "Somebody else has changed this meanwhile." in page
        assert "What stands there now" in page and "Three accounts." in page and "Two accounts." in page
        again = {"who": "Two accounts.", "shown": answer.context["form"]["shown"].value()}
        assert "Saved." in text(as_ines.post(url, TOLD | again, follow=True))
        incident.refresh_from_db()
        assert incident.who == "Two accounts."

    def test_of_an_incident_closed_meanwhile_keeps_the_words(self, as_ines: Client, incident: Incident) -> None:
        shown = actions.as_shown(incident)
        actions.close(incident, outcome="unfounded", reason="A test of ours.", by=incident.opened_by)
        page = text(as_ines.post(f"{LIST}{incident.pk}/write/", TOLD | {"who": "Two accounts.", "shown": shown}), 422)
        assert "is closed" in page and "Two accounts." in page

    @pytest.mark.parametrize(("path", "field"), [("new/", "how"), ("{}/write/", "why")])
    def test_typed_words_survive_an_ended_session(self, as_ines: Client, incident: Incident, path: str, field: str) -> None:
        url, sent = LIST + path.format(incident.pk), TOLD | {field: "By proxies."}
        as_ines.get(url)
        step = signs_in(as_ines, signed_out(as_ines).post(url, sent), incident.opened_by.email)
        assert as_ines.post(step["Location"], {"code": code_now()})["Location"] == url
        page = as_ines.get(url)
        assert page.context["form"][field].value() == "By proxies."
        assert SAID in page.content.decode()


class TestOnACase:
    def test_a_key_or_a_person_of_it_alone(self, as_ines: Client, incident: Incident, case: Case) -> None:
        person = case.organisation.party_set.get(kind="person")
        sent = {"incident": incident.pk, "about": f"party-{person.pk}", "why": "He asked."}
        as_ines.post(f"/desk/cases/{case.pk}/involve/", sent)
        assert Involvement.objects.get().subject == person

    @pytest.mark.parametrize(("changed", "why"), [
        ({"why": ""}, "Say why it is involved."),
        ({"incident": "999"}, "Choose one from the list."),
        ({"about": "party-1000"}, "Choose one from the list."),
    ])  # fmt: skip
    def test_says_why_not(self, as_ines: Client, incident: Incident, case: Case, changed: dict[str, str], why: str) -> None:
        sent = {"incident": incident.pk, "about": "organisation", "why": "Its keys."} | changed
        assert why in text(as_ines.post(f"/desk/cases/{case.pk}/involve/", sent), 422)
        assert not Involvement.objects.exists()


class TestHowLongItIsKept:
    def test_stands_on_its_page(self, as_ines: Client, incident: Incident, case: Case) -> None:
        page = f"{LIST}{incident.pk}/"
        said = text(as_ines.get(page))
        assert "no end yet" in said and "The incident is open." in said
        actions.close(incident, outcome="unfounded", reason="A test of ours.", by=incident.opened_by)
        closed = Incident.objects.get().closed_at
        assert closed and f"{closed:%-d %B} {closed.year + 5}" in text(as_ines.get(page))

    def test_and_a_hold_on_whom_it_involves(self, as_ines: Client, incident: Incident, case: Case) -> None:
        actions.involve(incident, organisation=case.organisation, why="Its keys.", by=incident.opened_by)
        page = f"{LIST}{incident.pk}/"
        assert "legal hold" not in text(as_ines.get(page))
        told = {"source": "court", "reference": "HR 1", "asked_by": "A court", "reason": "A claim.", "since": date(2026, 11, 1)}
        legal_holds.place(case.organisation, **told, by=cast.staff("approver", "judge"))
        assert "legal hold" in text(as_ines.get(page))
