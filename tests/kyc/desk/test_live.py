"""The case page while the machine is at work: what it says, when it asks again, and what it changes of itself."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, Route, sync_playwright

from accounts.models import AuditEvent, User
from kyc.cases import actions
from kyc.cases.models import Case, Examination
from kyc.desk import live
from kyc.keys.models import Key
from kyc.parties import actions as parties
from kyc.parties.models import Party
from tests import cast

AT_WORK = "The checks: a worker is at it; it takes seconds."


@pytest.fixture
def sent(alice: User) -> Case:
    """Nobody has examined it yet."""
    return cast.submitted(alice).organisation.case_set.get()


@pytest.fixture
def case(case: Case) -> Case:
    """Examined against the lists there are: none."""
    Examination.objects.filter(case=case).update(lists=[])
    return case


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]  # the test client's response


def job(case: Case, **columns: Any) -> None:
    """The newest round as the machine left it; times are seconds from now."""
    now = timezone.now()
    for name in ("claimed_until", "requested_at"):
        if name in columns:
            columns[name] = now + timedelta(seconds=columns[name])
    Examination.objects.filter(pk=case.examinations.latest("pk").pk).update(**columns)


def polled(page: str) -> str:
    """The address that the page asks by itself, or nothing."""
    found = re.search(r'hx-get="([^"]+)" hx-trigger="every 2s"', page)
    return found[1].replace("&amp;", "&") if found else ""


class TestOfCase:
    @pytest.mark.parametrize(
        ("columns", "tone", "words"),
        [
            ({}, "info", "The checks: about to begin; it takes seconds."),
            ({"requested_at": -40}, "info", "about to begin"),
            ({"requested_at": -47}, "warn", "The checks: no worker has taken it for 40 s. It is taken up by itself"),
            ({"requested_at": -400}, "warn", "no worker has taken it for 6 min."),
            ({"claimed_until": 50, "job_token": 1, "claims": 1}, "info", AT_WORK),
            (
                {"claimed_until": 50, "job_token": 1, "claims": 2},
                "info",
                "a worker went away in the middle, and another is at it now.",
            ),
            (
                {"claimed_until": -5, "job_token": 1, "claims": 1},
                "warn",
                "the worker that was at it has fallen silent. Another takes it over by itself.",
            ),
            (
                {"claimed_until": 3, "claims": 2, "errors": 2, "failure": "KeyError: 7"},
                "warn",
                "tried 2 of 3 times, and each time an error came. Tried again by itself in 3 s.",
            ),
            (
                {"claimed_until": 50, "job_token": 1, "claims": 2, "errors": 1, "failure": "KeyError: 7"},
                "info",
                AT_WORK,
            ),
            (
                {"requested_at": -120, "claimed_until": -64, "claims": 1, "errors": 1, "failure": "KeyError: 7"},
                "warn",
                "no worker has taken it for 60 s.",
            ),
        ],
    )
    def test_says_how_far_it_is_and_what_happens_next(self, sent: Case, columns: dict[str, Any], tone: str, words: str) -> None:
        job(sent, **columns)
        told = live.of_case(sent)
        assert told is not None
        assert words in told.sentence
        assert (told.tone, told.error, told.is_running) == (tone, columns.get("failure", ""), True)

    def test_given_up_a_person_can_do_something(self, sent: Case) -> None:
        job(sent, state="failed", errors=3, failure="KeyError: 7")
        told = live.of_case(sent)
        assert told is not None
        assert (told.tone, told.error, told.is_running, told.can_retry) == ("bad", "KeyError: 7", False, True)
        assert "Try again" in told.sentence

    def test_done_it_says_nothing_until_something_has_changed(self, case: Case, ana: User) -> None:
        assert live.of_case(case) is None
        person = Party.objects.get(organisation=case.organisation, kind="person")
        parties.correct(person, name="Alice Berg", country="NO", by=User.objects.get(email="alice@nordlys.example"))
        told = live.of_case(case)
        assert told is not None
        assert told.sentence == "The checks are about to be made anew: the customer has told or sent something else."

    def test_of_a_decided_case_there_is_nothing_to_say(self, case: Case) -> None:
        case.state = Case.State.REFUSED
        job(case, state="failed")
        assert live.of_case(case) is None


class TestPage:
    def test_asks_again_while_the_machine_is_at_work(self, sent: Case, as_ana: Client) -> None:
        job(sent, claimed_until=50, job_token=1, claims=1)
        page = text(as_ana.get(f"/desk/cases/{sent.pk}/?tab=risk"))
        assert AT_WORK in page
        assert f'href="/desk/cases/{sent.pk}/?tab=risk">Look again</a>' in page
        assert polled(page).startswith(f"/desk/cases/{sent.pk}/live/?tab=risk&seen=")

    def test_done_it_asks_no_more(self, case: Case, as_ana: Client) -> None:
        assert not polled(text(as_ana.get(f"/desk/cases/{case.pk}/")))

    def test_neither_does_a_page_that_came_back_with_what_was_typed(self, case: Case, as_ana: Client) -> None:
        job(case, state="requested")
        assert polled(text(as_ana.get(f"/desk/cases/{case.pk}/")))
        answer = as_ana.post(f"/desk/cases/{case.pk}/propose/", {"note": "Half a thought"})
        assert answer.status_code == 422
        assert "about to begin" in text(answer)
        assert not polled(text(answer))


class TestLive:
    def ask(self, client: Client, case: Case, tab: str = "summary") -> Any:
        address = polled(text(client.get(f"/desk/cases/{case.pk}/?tab={tab}")))
        assert address
        return lambda: client.get(address)

    def test_has_no_answer_while_nothing_is_new(self, sent: Case, as_ana: Client) -> None:
        job(sent, claimed_until=50, job_token=1, claims=1)
        answer = self.ask(as_ana, sent)()
        assert (answer.status_code, answer.content) == (204, b"")

    def test_tells_another_sentence_and_goes_on_asking(self, sent: Case, as_ana: Client) -> None:
        ask = self.ask(as_ana, sent)
        job(sent, requested_at=-47)
        page = text(ask())
        assert "no worker has taken it for 40 s" in page
        assert polled(page)
        assert "hx-swap-oob" not in page

    def test_in_the_end_brings_what_has_changed_and_stops(self, case: Case, as_ana: Client) -> None:
        job(case, state="requested")
        Case.objects.filter(pk=case.pk).update(state="submitted")
        ask = self.ask(as_ana, case)
        job(case, state="done")
        Case.objects.filter(pk=case.pk).update(state="review")
        page = text(ask())
        assert not polled(page)
        parts = set(re.findall(r'id="([a-z-]+)" hx-swap-oob="true"', page))
        parts |= set(re.findall(r'id="([a-z-]+)" class="stack-s" hx-swap-oob="true"', page))
        assert parts == {"case-state", "case-tabs", "case-tab", "decide", "stops", "lately"}
        assert "sent the case" in page.partition('id="lately"')[2]
        assert "1 person owns 25 % or more." in page
        assert f'action="/desk/cases/{case.pk}/propose/"' in page
        assert "<html" not in page

    def test_given_up_it_brings_the_button(self, sent: Case, as_ana: Client) -> None:
        ask = self.ask(as_ana, sent)
        job(sent, state="failed", failure="KeyError: 7")
        page = text(ask())
        assert not polled(page)
        assert f'action="/desk/cases/{sent.pk}/examine/"' in page

    def test_of_a_key_on_the_tab_of_keys(self, case: Case, as_ana: Client, rui: User) -> None:
        person = case.organisation.party_set.get(kind="person")
        key = Key.objects.create(
            organisation=case.organisation, project=case.organisation.project_set.get(), name="a", prefix="kh_live_a",
            last_four="1234", digest="0" * 64, pepper_version="1", issued_by=rui, responsible=person,
        )  # fmt: skip
        assert not polled(text(as_ana.get(f"/desk/cases/{case.pk}/")))
        ask = self.ask(as_ana, case, "keys")
        assert ask().status_code == 204
        Key.objects.filter(pk=key.pk).update(state="failed", failure="NoEntity: none")
        page = text(ask())
        assert not polled(page)
        assert 'id="keys" hx-swap-oob="true"' in page
        assert "It can't be used; the customer issues another." in html.unescape(page)

    def test_an_outsider_asks_in_vain(self, sent: Case, charlie: User, alice: User) -> None:
        for user in (charlie, alice):
            assert cast.signed_in(user).get(f"/desk/cases/{sent.pk}/live/").status_code == 404

    def test_an_unknown_tab_is_missing(self, sent: Case, as_ana: Client) -> None:
        assert as_ana.get(f"/desk/cases/{sent.pk}/live/?tab=secrets").status_code == 404


class TestExamine:
    def test_after_the_machine_gave_up_an_officer_asks_again(
        self, sent: Case, as_ana: Client, django_capture_on_commit_callbacks: Callable[..., Any]
    ) -> None:
        job(sent, state="failed", errors=3, failure="KeyError: 7")
        assert as_ana.post(f"/desk/cases/{sent.pk}/examine/").status_code == 302
        assert list(sent.examinations.order_by("pk").values_list("state", flat=True)) == ["failed", "requested"]
        event = AuditEvent.objects.get(verb="case.checks_asked_again")
        assert (event.actor, event.reason) == ("Ana Maric", "KeyError: 7")
        assert "asked for the checks again" in text(as_ana.get(f"/desk/cases/{sent.pk}/?tab=timeline"))

    def test_pressed_twice_it_is_asked_once(self, sent: Case, as_ana: Client) -> None:
        job(sent, state="failed", failure="KeyError: 7")
        as_ana.post(f"/desk/cases/{sent.pk}/examine/")
        answer = as_ana.post(f"/desk/cases/{sent.pk}/examine/")
        assert answer.status_code == 422
        assert "have been asked for again meanwhile" in text(answer)
        assert sent.examinations.count() == 2

    def test_checks_that_did_not_fail_are_left_alone(self, case: Case, as_ana: Client) -> None:
        answer = as_ana.post(f"/desk/cases/{case.pk}/examine/")
        assert answer.status_code == 422
        assert "The checks have not failed" in text(answer)
        assert case.examinations.count() == 1

    def test_who_does_not_work_cases_does_not(self, sent: Case, auditor: User, charlie: User) -> None:
        job(sent, state="failed", failure="KeyError: 7")
        for user in (auditor, charlie):
            assert cast.signed_in(user).post(f"/desk/cases/{sent.pk}/examine/").status_code == 404
        assert "/examine/" not in text(cast.signed_in(auditor).get(f"/desk/cases/{sent.pk}/"))
        with pytest.raises(actions.NotPermitted):
            actions.examine_again(sent, by=auditor)


def in_the_browser(page: str, answer: str, write: Callable[[Page], None]) -> dict[str, Any]:
    """The page in a real Chromium, where `write` happens before it asks again and hears `answer`; and what then stands there."""
    files = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

    def serve(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            found = Path(str(finders.find(path.removeprefix("/static/"))))
            route.fulfill(path=found, content_type=files[found.suffix])
        else:
            route.fulfill(body=answer if "/live/" in path else page, content_type="text/html; charset=utf-8")

    # Started and ended within the test, with no query between: while its loop runs, Django refuses the database.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        tab.route("**/*", serve)
        tab.goto("http://desk.example/")
        write(tab)
        tab.wait_for_selector("text=Done: the page shows what was found.")
        told = {
            "note": tab.input_value("textarea[name=note]"),
            "focus": tab.evaluate("document.activeElement.name"),
            "findings": "1 person owns 25 % or more." in tab.inner_text("#case-tab"),
            "stops": tab.inner_text("#stops"),
            "kept": tab.is_visible("text=What you are writing was left as it was."),
        }
        browser.close()
    return told


@pytest.mark.browser
class TestInTheBrowser:
    """The round is made anew while the case is open."""

    @pytest.fixture
    def pages(self, case: Case, as_ana: Client) -> tuple[str, str]:
        job(case, state="requested", claimed_until=50, job_token=1, claims=1)
        page = text(as_ana.get(f"/desk/cases/{case.pk}/"))
        assert "The checks have not finished." in page
        job(case, state="done")
        return page, text(as_ana.get(polled(page)))

    def test_the_page_brings_itself_up_to_date(self, pages: tuple[str, str]) -> None:
        told = in_the_browser(*pages, lambda tab: None)
        assert told["stops"].split("\n")[-1] == "No list is loaded, so nobody was screened."
        assert (told["findings"], told["kept"]) == (True, False)

    def test_what_is_being_written_and_the_focus_stay(self, pages: tuple[str, str]) -> None:
        told = in_the_browser(*pages, lambda tab: tab.fill("textarea[name=note]", "Half a thought"))
        assert (told["note"], told["focus"], told["kept"]) == ("Half a thought", "note", True)
        assert told["findings"]
        assert "The checks have not finished." not in told["stops"]
