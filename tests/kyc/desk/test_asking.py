"""An officer asks for more, item by item."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Proposal, User
from kyc.cases import actions
from kyc.cases.items import UNASKED
from kyc.cases.models import Case, Decision, Requirement
from kyc.desk import asking
from kyc.evidence import actions as evidence
from kyc.parties.models import Party, Profile
from tests import cast

NOBODY = asking.Of({}, "company")
ASK = {"choice": "ask", "reason": "document_missing", "note": "The passport is missing."}


@pytest.fixture
def person(case: Case) -> Party:
    return Party.objects.get(organisation=case.organisation, kind="person")


def row(number: int, what: str = "", *, party: int | str = "", why: str = "", words: str = "") -> dict[str, Any]:
    given = {"what": what, "party": party, "why": why, "words": words}
    return {f"item{number}-{name}": value for name, value in given.items()}


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]  # the test client's response


def propose(client: Client, case: Case, *rows: dict[str, Any], **more: Any) -> Any:
    filled = {name: value for one in rows for name, value in one.items()}
    return client.post(f"/desk/cases/{case.pk}/propose/", ASK | filled | more)


def panel(client: Client, case: Case) -> str:
    page = text(client.get(f"/desk/cases/{case.pk}/"))
    return page[page.index('id="decide"') : page.index("</section>", page.index('id="decide"'))]


class TestRows:
    @pytest.mark.parametrize(("what", "customer_class"), [("owners", "state_body"), ("people", "individual")])
    def test_what_the_class_has_no_page_for_is_refused_beside_the_row(
        self, case: Case, as_ana: Client, what: str, customer_class: str
    ) -> None:
        Profile.objects.filter(organisation=case.organisation).update(customer_class=customer_class)
        answer = propose(as_ana, case, row(0, what, why="missing"))
        assert answer.status_code == 422
        assert escape(str(UNASKED[what])) in text(answer)
        assert not Decision.objects.exists()

    def test_empty_ones_are_none(self, case: Case, as_ana: Client, person: Party) -> None:
        passport = row(1, "identity", party=person.pk, why="missing", words="Both sides, please.")
        assert propose(as_ana, case, row(0), passport, row(2)).status_code == 302
        assert Decision.objects.get().items == [
            {"what": "identity", "party": person.pk, "why": "missing", "words": "Both sides, please."}
        ]

    def test_with_rows_no_sentence_is_needed_and_with_a_sentence_no_rows(self, case: Case, as_ana: Client) -> None:
        assert propose(as_ana, case, row(0), row(1)).status_code == 422
        assert not Proposal.objects.exists()
        assert propose(as_ana, case, row(0), message="Please call us.").status_code == 302
        assert Decision.objects.get().items == []

    @pytest.mark.parametrize(
        ("wrong", "field", "sentence"),
        [
            ({"why": "missing"}, "what", "Choose what you ask for, or empty the row."),
            ({"words": "This year's."}, "what", "Choose what you ask for, or empty the row."),
            ({"what": "use"}, "why", "Say why you ask for it."),
            ({"what": "moon", "why": "missing"}, "what", "Choose one from the list."),
            ({"what": "use", "why": "mood"}, "why", "Choose one from the list."),
            ({"what": "identity", "why": "missing"}, "party", "Say whose it is."),
            ({"what": "use", "why": "unclear", "party": "person"}, "party", "This is asked of nobody in particular."),
            ({"what": "identity", "why": "missing", "party": "company"}, "party", "Only a person has one."),
            ({"what": "people", "why": "unclear", "party": "company"}, "party", "Only a person is one of the people."),
            ({"what": "owners", "why": "unclear", "party": "person"}, "party", "Only a company or a trust has owners."),
            ({"what": "address", "why": "missing", "party": "999999"}, "party", "Choose one from the list."),
            ({"what": "use", "why": "missing", "words": "x" * 1001}, "words", "This is too long: at most 1000 characters."),
        ],
    )
    def test_what_does_not_fit_is_said_beside_it_and_nothing_is_lost(
        self, case: Case, as_ana: Client, wrong: dict[str, str], field: str, sentence: str
    ) -> None:
        named = {kind: str(Party.objects.get(organisation=case.organisation, kind=kind).pk) for kind in ("person", "company")}
        given = {"what": ""} | wrong | ({"party": named.get(wrong["party"], wrong["party"])} if "party" in wrong else {})
        kept = row(1, "articles", why="incomplete", words="Page 3 & 4 <again>.")
        answer = propose(as_ana, case, row(0, **given), kept, message="Thank you.")
        page = text(answer)
        assert answer.status_code == 422
        assert f'id="id_item0-{field}_error"><li>{escape(sentence)}</li>' in page
        assert "Mend the rows of what you ask for, or empty them." in page
        assert re.search(rf'<li><a href="#id_item0-{field}">Row 1, [^:]+: {re.escape(escape(sentence))}</a></li>', page)
        for typed in ("Page 3 & 4 <again>.", "Thank you.", ASK["note"], given.get("words", "")):
            assert escape(typed) in page
        assert re.search(r'<option value="articles" selected>', page)
        assert not Proposal.objects.exists()

    def test_a_person_can_be_asked_about_alone(self, case: Case, as_ana: Client, person: Party) -> None:
        assert propose(as_ana, case, row(0, "people", party=person.pk, why="unclear")).status_code == 302
        assert "What you told us of Alice Olsen. We do not understand it as it stands." in panel(as_ana, case)

    def test_but_nobody_who_is_an_owner_alone(self, case: Case, as_ana: Client, person: Party) -> None:
        person.roles.exclude(kind="owner").update(valid_to=timezone.localdate())
        answer = propose(as_ana, case, row(0, "people", party=person.pk, why="unclear"))
        assert answer.status_code == 422
        assert "none of the people who run the customer" in text(answer)

    def test_one_thing_is_asked_once(self, case: Case, as_ana: Client) -> None:
        answer = propose(as_ana, case, row(0, "use", why="missing"), row(1, "use", why="unclear"))
        assert answer.status_code == 422
        assert 'id="id_item1-what_error"><li>You ask for this twice.' in text(answer)

    def test_another_choice_takes_no_rows(self, case: Case, as_ana: Client) -> None:
        said = {"choice": "refuse", "reason": "identity_doubtful"}
        assert propose(as_ana, case, row(0, "moon"), **said).status_code == 302
        assert Decision.objects.get().items == []

    def test_there_are_never_more_than_a_few(self, case: Case) -> None:
        rows = asking.Rows(NOBODY, row(99, "use", why="missing"))
        assert len(rows.forms) == asking.MOST
        assert rows.is_full
        assert not asking.Rows(NOBODY).is_full


class TestMoreRows:
    def test_gives_room_keeps_all_that_was_typed_and_judges_nothing(self, case: Case, as_ana: Client) -> None:
        answer = propose(as_ana, case, row(0, "use", words="Which ships?"), row(1), more="1", note="", message="Hello.")
        page = text(answer)
        assert answer.status_code == 200
        assert 'name="item3-what"' in page
        assert 'name="item4-what"' not in page
        assert re.search(r'<select name="item2-what"[^>]*autofocus', page)
        assert "Which ships?" in page
        assert "Hello." in page
        assert re.search(r'<option value="ask" selected>', page)
        assert "Please correct this" not in page
        assert not Proposal.objects.exists()

    def test_at_first_there_are_two(self, case: Case, as_ana: Client) -> None:
        page = text(as_ana.get(f"/desk/cases/{case.pk}/"))
        assert 'name="item1-what"' in page
        assert 'name="item2-what"' not in page


class TestShown:
    SENTENCE = "Identity document of Alice Olsen. It has expired or is too old. Both sides."

    @pytest.fixture
    def decision(self, case: Case, ana: User, person: Party) -> Decision:
        asked = [
            {"what": "identity", "party": person.pk, "why": "expired", "words": "Both sides."},
            {"what": "use", "party": None, "why": "unclear"},
        ]
        return actions.propose(case, **ASK, items=asked, message="Nearly there.", by=ana)

    def test_the_approver_reads_what_the_customer_will(self, case: Case, decision: Decision, as_rui: Client) -> None:
        told = panel(as_rui, case)
        for words in (self.SENTENCE, "Intended use. We do not understand it as it stands.", "Nearly there."):
            assert words in told

    def test_while_it_waits_each_says_when_it_is_due_and_whether_it_was_done(
        self, case: Case, decision: Decision, rui: User, as_rui: Client, person: Party
    ) -> None:
        actions.take(decision, by=rui)
        by = User.objects.get(email="alice@nordlys.example")

        def marks() -> list[str]:
            told = panel(as_rui, case)
            assert told.count("14 d left") == 2
            return re.findall(r'<span class="badge[^"]*">(done, not sent yet|not yet)</span>', told)

        assert marks() == ["not yet", "not yet"]
        evidence.upload(case.organisation, kind="passport", file=cast.pdf(), party=person, by=by)
        assert marks() == ["done, not sent yet", "not yet"]
        assert self.SENTENCE in panel(as_rui, case)
        assert re.findall(r'href="\?tab=(\w+)">Look', panel(as_rui, case)) == ["documents", "use"]
        assert Requirement.objects.filter(met_at__isnull=True).count() == 2

    def test_proposed_too_late_what_was_typed_in_rows_is_shown(self, case: Case, decision: Decision, as_rui: Client) -> None:
        answer = propose(as_rui, case, row(0, "use", why="unclear", words="Which ships?"))
        assert answer.status_code == 422
        assert "Intended use · We do not understand it as it stands. · Which ships?" in text(answer)
