import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from accounts.models import AuditEvent, Proposal, User
from kyc.cases import actions, unseen
from kyc.cases.models import Case, Decision, Examination, Finding
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.keys import holds
from kyc.keys.models import Hold, Key
from kyc.ownership.models import Determination
from kyc.parties.models import Party
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.kyc.cases import scenes

PROPOSAL = {"choice": "refuse", "reason": "identity_doubtful", "note": "The passport is another person's."}
TABS = ["summary", "people", "use", "documents", "screening", "risk", "keys", "timeline"]


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]  # the test client's response


def address(case: Case, rest: str = "") -> str:
    return f"/desk/cases/{case.pk}/{rest}"


def proposed(case: Case, by: User) -> Decision:
    return actions.propose(case, **PROPOSAL, by=by)


# What only the question names whether a case has to be examined anew.
DEAREST = "'authority.verified'"


class TestPageAsksWhetherItIsOutdatedOnce:
    @pytest.mark.parametrize("tab", TABS)
    def test_on_every_tab(self, case: Case, as_ana: Client, tab: str) -> None:
        with CaptureQueriesContext(connection) as queries:
            assert as_ana.get(address(case), {"tab": tab}).status_code == 200
        assert len([query for query in queries if DEAREST in query["sql"]]) == 1

    def test_of_the_last_answer_of_the_machine_too(self, case: Case, as_ana: Client) -> None:
        Examination.objects.filter(case=case).update(lists=[])
        with CaptureQueriesContext(connection) as queries:
            assert "hx-swap-oob" in text(as_ana.get(address(case, "live/"), {"tab": "summary"}))
        assert len([query for query in queries if DEAREST in query["sql"]]) == 1


class TestDoor:
    def test_an_outsider_gets_the_page_for_a_missing_case(self, case: Case, charlie: User) -> None:
        client = cast.signed_in(charlie)
        there, missing = client.get(address(case)), client.get("/desk/cases/999999/")
        assert (there.status_code, there.content) == (404, missing.content)
        document = Document.objects.get(kind="register_extract")
        assert client.get(address(case, f"documents/{document.pk}/")).content == missing.content

    @pytest.mark.parametrize("verb", ["assign", "propose", "take", "decline", "withdraw", "holds/place"])
    def test_an_outsider_changes_nothing(self, case: Case, charlie: User, verb: str) -> None:
        assert cast.signed_in(charlie).post(address(case, f"{verb}/"), PROPOSAL).status_code == 404
        assert Case.objects.get(pk=case.pk).state == Case.State.REVIEW

    def test_the_customer_does_not_see_the_desk(self, case: Case, alice: User) -> None:
        assert cast.signed_in(alice).get(address(case)).status_code == 404

    def test_a_stranger_signs_in_first(self, case: Case) -> None:
        assert Client().get(address(case))["Location"].startswith("/account/login/")
        assert Client().post(address(case, "propose/"), PROPOSAL)["Location"].startswith("/account/login/")

    def test_an_auditor_reads_and_changes_nothing(self, case: Case, auditor: User) -> None:
        client = cast.signed_in(auditor)
        page = client.get(address(case))
        assert page.status_code == 200
        assert "/propose/" not in text(page)
        assert client.post(address(case, "propose/"), PROPOSAL).status_code == 404

    def test_a_draft_is_not_there(self, alice: User, as_ana: Client) -> None:
        draft = cast.founded(alice).organisation.case_set.get()
        assert as_ana.get(address(draft)).status_code == 404


class TestCase:
    @pytest.mark.parametrize("tab", TABS)
    def test_every_tab_stands_alone_with_the_panel(self, as_ana: Client, case: Case, hit: Hit, tab: str) -> None:
        page = as_ana.get(address(case), {"tab": tab})
        assert page.status_code == 200
        assert "Decide" in text(page)
        assert "At a glance" in text(page)

    def test_an_unknown_tab_is_missing(self, as_ana: Client, case: Case) -> None:
        assert as_ana.get(address(case), {"tab": "secrets"}).status_code == 404

    def test_the_summary_leads_to_the_proof(self, as_ana: Client, case: Case) -> None:
        page = text(as_ana.get(address(case)))
        assert "1 person owns 25 % or more." in page
        assert "OFAC SDN list of 2 May 2024" in page
        assert 'href="?tab=people"' in page

    def test_is_titled_by_the_legal_name(self, as_ana: Client, case: Case) -> None:
        def title() -> str:
            page = text(as_ana.get(address(case)))
            return page[page.index("<h1>") : page.index('class="tabs"')]

        Party.objects.filter(organisation=case.organisation, kind="company").update(name="Polar Light AS", native_name="极光")
        heading = title().partition("</h1>")[0]
        assert "Polar Light AS" in heading
        assert "极光" in heading
        assert "<title>Polar Light AS, C-" in text(as_ana.get(address(case)))

    def test_has_the_search_which_leads_to_the_queue(self, as_ana: Client, case: Case) -> None:
        page = text(as_ana.get(address(case)))
        assert re.search(r'<form class="search" method="get" action="/desk/cases/"', page)

    @pytest.mark.parametrize(
        ("ruling", "who", "link"),
        [("", "ana", "Rule on matches"), ("", "auditor", "See matches"), ("false", "ana", "See matches"), (None, "ana", None)],
    )
    def test_the_way_to_matches_says_what_is_to_be_done_there(
        self, case: Case, hit: Hit, ana: User, auditor: User, ruling: str | None, who: str, link: str | None
    ) -> None:
        Finding.objects.create(
            organisation=case.organisation, examination=case.examinations.get(), category="screening", state="info",
            sentence="Looked.", anchor="screening",
        )  # fmt: skip
        if ruling is None:
            hit.delete()
        elif ruling:
            cast.ruled(hit, ruling=ruling, reason="different_country", by=ana)
        page = text(cast.signed_in({"ana": ana, "auditor": auditor}[who]).get(address(case)))
        found = [words for words in ("Rule on matches", "See matches") if words in page]
        assert found == ([link] if link else [])

    def test_says_why_it_cannot_be_approved_yet(self, as_ana: Client, case: Case, hit: Hit) -> None:
        assert "1 possible match is still open." in text(as_ana.get(address(case)))

    def test_screening_sets_the_declared_beside_the_listed(self, as_ana: Client, case: Case, hit: Hit) -> None:
        page = text(as_ana.get(address(case), {"tab": "screening"}))
        for words in ("OFAC SDN list of 2 May 2024", "1984-••-••", "1961", "Same words: alice, olsen."):
            assert words in page

    def test_matches_that_no_longer_count_are_folded_as_earlier(self, as_ana: Client, case: Case, hit: Hit) -> None:
        assert "earlier match" not in text(as_ana.get(address(case), {"tab": "screening"}))
        cast.matched(hit.party, hit.list_version, entry_id=hit.entry_id, before=hit, is_match=False)
        page = text(as_ana.get(address(case), {"tab": "screening"}))
        assert "No possible match" in page
        assert "1 earlier match<" in page
        assert "not ruled on" in page
        assert f"/hits/{hit.pk}/rule/" not in page
        assert "is still open" not in page

    def test_people_of_one_name_are_told_apart(self, as_ana: Client, case: Case) -> None:
        alice = Party.objects.get(organisation=case.organisation, kind="person")
        other = Party.objects.create(
            organisation=case.organisation, kind="person", name=alice.name, country="CY", birth_date="1990-01-02"
        )
        for party in (alice, other):
            Determination.objects.create(
                organisation=case.organisation, party=party, regime="iaas-cip", verdict="no", share_min="0", share_max="0",
                why=["Holds nothing."], rule_pack="2026.11", examination_id=case.examinations.get().pk,
            )  # fmt: skip
        page = text(as_ana.get(address(case), {"tab": "people"}))
        arithmetic = page[page.index('id="arithmetic"') :]
        for words in ("Alice Olsen (born 1984)", "Alice Olsen (born 1990)", "Person · Norway · born 1984", "Cyprus · born 1990"):
            assert words in arithmetic
        assert "Person · Norway · born 1984" in page[page.index('id="owners"') : page.index('id="arithmetic"')]

    def test_the_timeline_shows_one_kind(self, as_ana: Client, case: Case) -> None:
        page = text(as_ana.get(address(case), {"tab": "timeline", "kind": "documents"}))
        main = page.split('id="decide"')[0]
        assert "sent a document" in main
        assert "opened the case" not in main


class TestAssign:
    def test_sets_the_owner(self, as_ana: Client, case: Case, rui: User) -> None:
        assert as_ana.post(address(case, "assign/"), {"to": rui.pk}).status_code == 302
        assert Case.objects.get(pk=case.pk).owner == rui

    def test_a_customer_cannot_own_a_case(self, as_ana: Client, case: Case, alice: User) -> None:
        assert as_ana.post(address(case, "assign/"), {"to": alice.pk}).status_code == 422
        assert Case.objects.get(pk=case.pk).owner is None


class TestPropose:
    def test_one_person_proposes(self, as_ana: Client, case: Case) -> None:
        assert as_ana.post(address(case, "propose/"), PROPOSAL)["Location"] == address(case)
        assert Case.objects.get(pk=case.pk).state == Case.State.PROPOSED
        page = text(as_ana.get(address(case)))
        assert "Another person decides it." in page
        assert "/withdraw/" in page
        assert "/take/" not in page

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"reason": "low_risk_verified"}, "This reason belongs to another proposal."),
            (
                {"choice": "ask", "reason": "document_missing", "message": "   "},
                "Name what you need, or write the sentence that the customer will read.",
            ),
            ({"choice": ""}, "Choose what you propose."),
            ({"reason": ""}, "Choose a reason from the list."),
            ({"note": ""}, "Write in a sentence or two what decided it."),
            ({"choice": "perhaps"}, "Choose one from the list."),
            ({"note": "x" * 4001}, "This is too long: at most 4000 characters."),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
        self, as_ana: Client, case: Case, wrong: dict[str, str], sentence: str
    ) -> None:
        answer = as_ana.post(address(case, "propose/"), {**PROPOSAL, "message": "Send it again.", **wrong})
        assert answer.status_code == 422
        assert sentence in text(answer)
        kept = {"note": PROPOSAL["note"], "message": "Send it again."} | wrong
        assert all(escape(typed) in text(answer) for name, typed in kept.items() if name in {"note", "message"})
        assert not Proposal.objects.exists()

    def test_an_approval_is_refused_while_a_match_is_open(self, as_ana: Client, case: Case, hit: Hit) -> None:
        approval = {"choice": "approve", "reason": "identity_established", "note": "All agrees."}
        answer = as_ana.post(address(case, "propose/"), approval)
        assert answer.status_code == 422
        assert "All agrees." in text(answer)
        assert Case.objects.get(pk=case.pk).state == Case.State.REVIEW

    def test_an_approval_names_what_its_officer_has_not_seen(self, as_ana: Client, case: Case, ana: User, as_rui: Client) -> None:
        person, examination = case.organisation.party_set.get(kind="person"), case.examinations.get()
        Determination.objects.create(
            organisation=case.organisation, party=person, regime="iaas-cip", verdict="yes", share_min="1", share_max="1",
            rule_pack="2026.11", examination_id=examination.pk,
        )  # fmt: skip
        ListVersion.objects.create(
            source="ofac-sdn", published=date(2024, 5, 2), sha256="0" * 64, entries_count=1, is_active=True
        )
        papers = list(Document.objects.order_by("pk"))
        approval = {"choice": "approve", "reason": "identity_established", "note": "All agrees."}
        answer = as_ana.post(address(case, "propose/"), approval)
        assert answer.status_code == 422
        named = "; ".join(f"{paper.get_kind_display()}, {paper.name}" for paper in papers)
        assert f"You have not opened: {named}." in text(answer)
        owner = "Owns 25 % or more, and no officer has verified anything of this person: Alice Olsen."
        assert owner in text(answer)
        assert "Open and verify what is named here, or confirm that you approve without it." in text(answer)
        for paper in papers:
            as_ana.get(address(case, f"documents/{paper.pk}/"))
        page = text(as_ana.get(address(case)))
        assert "You have not opened" not in page
        assert owner in page
        found = unseen.of(case, by=ana)
        assert (found.documents, found.owners, found.otherwise) == ([], [person], [])

    def test_who_controls_is_not_said_to_own(self, case: Case, ana: User) -> None:
        person, examination = case.organisation.party_set.get(kind="person"), case.examinations.get()
        Determination.objects.create(
            organisation=case.organisation, party=person, regime="iaas-cip", verdict="yes", share_min="6/25", share_max="1",
            rule_pack="2026.11", examination_id=examination.pk,
        )  # fmt: skip
        found = unseen.of(case, by=ana)
        assert (found.owners, found.otherwise) == ([], [person])
        assert found.sentences[-1] == (
            "Counts as a beneficial owner by shares, control or a role in a trust, and no officer has verified anything of this "
            "person: Alice Olsen."
        )

    @pytest.mark.parametrize(("state", "count"), [("warn", 1), ("info", 0)])
    def test_so_much_undeclared_that_another_owner_may_hold_it(self, case: Case, ana: User, state: str, count: int) -> None:
        Finding.objects.create(
            organisation=case.organisation, examination=case.examinations.get(), category="unaccounted", state=state,
            sentence="Not accounted for: 45 % of Saltpan Ltd.", anchor="people",
        )  # fmt: skip
        told = "Not accounted for: 45 % of Saltpan Ltd. Whoever holds it may be a beneficial owner."
        assert unseen.of(case, by=ana).sentences.count(told) == count

    def test_a_confirmed_one_is_proposed_and_the_trail_tells_it(
        self, as_ana: Client, case: Case, as_rui: Client, rui: User
    ) -> None:
        version = ListVersion.objects.create(
            source="ofac-sdn", published=date(2024, 5, 2), sha256="0" * 64, entries_count=1, is_active=True
        )
        lists = [{"id": version.pk, "source": "ofac-sdn", "published": "2024-05-02"}]
        case.examinations.update(lists=lists, requested_at=timezone.now(), done_at=timezone.now())
        approval = {"choice": "approve", "reason": "identity_established", "note": "All agrees.", "unseen": "on"}
        assert as_ana.post(address(case, "propose/"), approval).status_code == 302
        papers = list(Document.objects.order_by("pk").values_list("pk", flat=True))
        assert AuditEvent.objects.get(verb="decision.proposed").details["not_opened"] == papers
        assert "You have not opened: " in text(as_rui.get(address(case)))

    def test_a_refusal_asks_for_no_such_word(self, as_ana: Client, case: Case) -> None:
        assert as_ana.post(address(case, "propose/"), PROPOSAL).status_code == 302

    def test_too_late_is_a_sentence_and_the_note_is_kept(self, as_ana: Client, case: Case, rui: User) -> None:
        proposed(case, rui)
        answer = as_ana.post(address(case, "propose/"), {**PROPOSAL, "note": "My own view of it."})
        assert answer.status_code == 422
        assert "Meanwhile Rui Duarte proposed: Refuse. The case stands at “To approve”" in text(answer)
        assert "My own view of it." in text(answer)
        assert Proposal.objects.count() == 1


class TestDecide:
    def test_another_person_takes_it(self, case: Case, ana: User, as_rui: Client) -> None:
        decision = proposed(case, ana)
        page = text(as_rui.get(address(case)))
        assert "Ana Maric" in page
        assert "The passport is another person&#x27;s." in page
        assert as_rui.post(address(case, "take/"), {"decision": decision.pk}).status_code == 302
        assert Case.objects.get(pk=case.pk).state == Case.State.REFUSED
        assert "taken by Rui Duarte" in text(as_rui.get(address(case)))

    @pytest.mark.parametrize(
        ("choice", "reason", "button"),
        [
            ("approve", "identity_established", "Approve"),
            ("refuse", "identity_doubtful", "Refuse"),
            ("ask", "document_missing", "Send the question"),
        ],
    )
    def test_the_buttons_say_what_happens_and_whose_proposal_it_is(
        self, case: Case, hit: Hit, ana: User, as_rui: Client, choice: str, reason: str, button: str
    ) -> None:
        hit.delete()
        actions.propose(case, choice=choice, reason=reason, note="Read.", message="Send it.", by=ana)
        page = text(as_rui.get(address(case)))
        panel = page[page.index('id="decide"') :]
        assert re.search(rf'<button class="button primary" type="submit"[^>]*>{button}</button>', panel)
        assert "<b>Ana Maric</b> proposes" in panel
        assert ">Send back to Ana Maric</button>" in panel

    def test_who_has_opened_nothing_approves_only_by_saying_so(self, case: Case, hit: Hit, ana: User, as_rui: Client) -> None:
        hit.delete()
        document = Document.objects.get(kind="register_extract")
        decision = actions.propose(case, choice="approve", reason="identity_established", note="Read.", by=ana)
        [told] = re.findall(r"You have not opened: [^<]*", text(as_rui.get(address(case))))
        assert f"{document.get_kind_display()}, {document.name}" in told
        answer = as_rui.post(address(case, "take/"), {"decision": decision.pk, "note": "Seen."})
        assert answer.status_code == 422
        assert "Open and verify what is named here, or confirm that you approve without it." in text(answer)
        assert "Seen." in text(answer)
        assert Case.objects.get(pk=case.pk).state == Case.State.PROPOSED
        as_rui.post(address(case, "take/"), {"decision": decision.pk, "note": "Seen.", "unseen": "on"})
        assert Case.objects.get(pk=case.pk).state == Case.State.APPROVED

    def test_nobody_takes_the_own_proposal(self, case: Case, rui: User, as_rui: Client) -> None:
        decision = proposed(case, rui)
        answer = as_rui.post(address(case, "take/"), {"decision": decision.pk})
        assert answer.status_code == 422
        assert "You proposed this; another person decides it." in text(answer)
        assert Case.objects.get(pk=case.pk).state == Case.State.PROPOSED

    def test_an_analyst_takes_nothing(self, case: Case, rui: User, as_ana: Client) -> None:
        decision = proposed(case, rui)
        assert as_ana.post(address(case, "take/"), {"decision": decision.pk}).status_code == 404
        assert "An approver decides it." in text(as_ana.get(address(case)))

    def test_declining_needs_a_why(self, case: Case, ana: User, as_rui: Client) -> None:
        decision = proposed(case, ana)
        answer = as_rui.post(address(case, "decline/"), {"decision": decision.pk})
        assert answer.status_code == 422
        beside = re.search(r'<ul class="errors" id="id_note_error"><li>([^<]*)', text(answer))
        assert beside is not None
        assert beside[1] == "Say why, so that the proposer can go on."
        assert as_rui.post(address(case, "decline/"), {"decision": decision.pk, "note": "Look again."}).status_code == 302
        assert "Look again." in text(as_rui.get(address(case)))

    def test_a_proposal_put_in_its_place_is_not_taken_unread(self, case: Case, ana: User, as_rui: Client) -> None:
        read = proposed(case, ana)
        actions.withdraw(read, by=ana)
        proposed(Case.objects.get(pk=case.pk), ana)
        answer = as_rui.post(address(case, "take/"), {"decision": read.pk, "note": "Seen."})
        assert answer.status_code == 422
        assert "This proposal has already been decided. Ana Maric: Withdrawn." in text(answer)
        assert Case.objects.get(pk=case.pk).state == Case.State.PROPOSED

    def test_another_cases_proposal_is_missing(self, make: Callable[..., Case], case: Case, ana: User, as_rui: Client) -> None:
        other = proposed(make("Lotus Inference Ltd"), ana)
        for number in (other.pk, "x", "", "9" * 40):
            assert as_rui.post(address(case, "take/"), {"decision": number}).status_code == 404

    def test_the_proposer_withdraws(self, case: Case, ana: User, as_ana: Client) -> None:
        decision = proposed(case, ana)
        assert as_ana.post(address(case, "withdraw/"), {"decision": decision.pk}).status_code == 302
        assert Case.objects.get(pk=case.pk).state == Case.State.REVIEW


class TestRule:
    def test_and_goes_on_to_the_next_that_waits_for_him(self, as_ana: Client, case: Case, hit: Hit) -> None:
        low = cast.matched(hit.party, hit.list_version, entry_id="2", score="0.870", entry_name="OLSON, Alise")
        next_one = cast.matched(hit.party, hit.list_version, entry_id="3", score="0.910", entry_name="OLSENN, Alice")
        told = {"ruling": "false", "reason": "different_birth_date"}
        places = [as_ana.post(address(case, f"hits/{row.pk}/rule/"), told)["Location"] for row in (hit, next_one, low)]
        assert places == [address(case, f"?tab=screening{place}") for place in (f"#hit-{next_one.pk}", f"#hit-{low.pk}", "")]

    def test_an_officer_rules(self, as_ana: Client, case: Case, hit: Hit) -> None:
        said = {"ruling": "false", "reason": "different_birth_date", "note": "Born in 1984."}
        assert as_ana.post(address(case, f"hits/{hit.pk}/rule/"), said)["Location"] == address(case, "?tab=screening")
        page = text(as_ana.get(address(case), {"tab": "screening"}))
        assert "Born on another day" in page
        assert "Born in 1984." in page
        assert "Ana Maric" in page

    def test_a_reason_of_the_other_ruling_is_refused(self, as_ana: Client, case: Case, hit: Hit) -> None:
        said = {"ruling": "true", "reason": "different_birth_date", "note": "Hm."}
        answer = as_ana.post(address(case, f"hits/{hit.pk}/rule/"), said)
        assert answer.status_code == 422
        assert "This reason belongs to another ruling." in text(answer)
        assert "Hm." in text(answer)
        assert not Hit.objects.get(pk=hit.pk).ruling

    def test_other_evidence_has_its_sentence_beside_the_note(self, as_ana: Client, case: Case, hit: Hit) -> None:
        answer = as_ana.post(address(case, f"hits/{hit.pk}/rule/"), {"ruling": "true", "reason": "other_evidence"})
        assert answer.status_code == 422
        assert f'id="hit_{hit.pk}_note_error"><li>Name the other evidence in the note.' in text(answer)
        assert not Hit.objects.get(pk=hit.pk).ruling

    def test_another_organisations_match_is_missing(
        self, make: Callable[..., Case], as_ana: Client, case: Case, hit: Hit
    ) -> None:
        other = make("Lotus Inference Ltd")
        said = {"ruling": "false", "reason": "different_birth_date"}
        assert as_ana.post(address(other, f"hits/{hit.pk}/rule/"), said).status_code == 404


class TestHolds:
    def test_an_approver_places_and_lifts(self, as_rui: Client, case: Case) -> None:
        assert as_rui.post(address(case, "holds/place/"), {"on": "organisation", "reason": "Card stolen."}).status_code == 302
        hold = Hold.objects.get()
        assert hold.on_organisation == case.organisation
        page = text(as_rui.get(address(case), {"tab": "keys"}))
        assert "Card stolen." in page
        assert as_rui.post(address(case, f"holds/{hold.pk}/lift/"), {"reason": ""}).status_code == 422
        assert as_rui.post(address(case, f"holds/{hold.pk}/lift/"), {"reason": "Card replaced."}).status_code == 302
        assert Hold.objects.get().lift_reason == "Card replaced."

    def test_a_hold_needs_a_reason_and_one_of_our_targets(self, as_rui: Client, case: Case) -> None:
        for said in ({"on": "organisation", "reason": ""}, {"on": "key-1", "reason": "x"}, {"reason": "x"}):
            assert as_rui.post(address(case, "holds/place/"), said).status_code == 422
        assert not Hold.objects.exists()

    def test_without_a_key_it_says_what_a_hold_is_for(self, as_rui: Client, case: Case, rui: User) -> None:
        told = "There is no key yet."
        assert told in text(as_rui.get(address(case), {"tab": "keys"}))
        Key.objects.create(
            organisation=case.organisation, project=case.organisation.project_set.get(), name="a", prefix="kh_live_a",
            last_four="1234", digest="0" * 64, pepper_version="1", issued_by=rui,
            responsible=case.organisation.party_set.get(kind="person"),
        )  # fmt: skip
        assert told not in text(as_rui.get(address(case), {"tab": "keys"}))

    def test_without_a_key_it_says_whether_one_can_be_issued(self, as_rui: Client, ana: User, rui: User, tmp_path: Path) -> None:
        cast.load_list(tmp_path)
        case = scenes.ready(cast.founded(cast.customer()))
        told = "Keys can be issued once the organisation is verified."
        assert told in text(as_rui.get(address(case), {"tab": "keys"}))
        scenes.approved(case, ana=ana, rui=rui)
        page = text(as_rui.get(address(case), {"tab": "keys"}))
        assert told not in page and "has asked for none yet" in page

    def test_an_analyst_holds_nothing(self, as_ana: Client, case: Case, rui: User) -> None:
        hold = holds.place(organisation=case.organisation, reason="x", by=rui)
        assert as_ana.post(address(case, f"holds/{hold.pk}/lift/"), {"reason": "y"}).status_code == 404


class TestRemovedDocuments:
    """What officers once relied on stays there to be read."""

    def shown(self, client: Client, case: Case) -> str:
        page = text(client.get(address(case), {"tab": "documents"}))
        return page[page.index('id="removed"') :] if 'id="removed"' in page else ""

    def test_stand_apart_with_when_by_whom_and_what_rested_on_them(self, as_ana: Client, case: Case, alice: User) -> None:
        extract = Document.objects.get(kind="register_extract")
        assert self.shown(as_ana, case) == ""
        evidence.remove(extract, by=alice)
        told = self.shown(as_ana, case)
        assert "removed by Alice Olsen" in told
        assert "Vera Lie had verified by it, of Alice Olsen: authority to sign" in told
        assert f'href="{address(case, f"documents/{extract.pk}/")}"' in told
        assert as_ana.get(address(case, f"documents/{extract.pk}/")).status_code == 200

    def test_of_another_organisation_are_not_there(
        self, make: Callable[..., Case], as_ana: Client, case: Case, alice: User
    ) -> None:
        other = make("Sorvik AS", email="bob@sorvik.example")
        evidence.remove(Document.objects.get(kind="register_extract", organisation=case.organisation), by=alice)
        assert self.shown(as_ana, other) == ""


class TestDocument:
    def test_is_shown_in_a_sandbox_and_the_look_recorded(self, as_ana: Client, case: Case) -> None:
        document = Document.objects.get(kind="register_extract")
        answer = as_ana.get(address(case, f"documents/{document.pk}/"))
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("inline")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert b"".join(answer.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]  # a file response
        assert AuditEvent.objects.filter(verb="document.viewed", actor="Ana Maric").count() == 1

    def test_who_only_reads_names_a_purpose_first(self, case: Case) -> None:
        document, astrid = Document.objects.get(kind="register_extract"), cast.signed_in(cast.staff("auditor", "Astrid"))
        path = address(case, f"documents/{document.pk}/open/")
        page = text(astrid.get(address(case) + "?tab=documents"))
        assert f'action="{path}"' in page and f'href="{address(case, f"documents/{document.pk}/")}"' not in page
        assert astrid.get(address(case, f"documents/{document.pk}/")).status_code == 404
        refused = astrid.post(path)
        assert refused.status_code == 422 and "Say what you need it for." in text(refused)
        assert not AuditEvent.objects.filter(verb="document.viewed").exists()
        answer = astrid.post(path, {"purpose": "review"})
        assert b"".join(answer.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]  # a file response
        assert answer["Content-Disposition"].startswith("inline")
        assert "to review how the case was worked" in text(astrid.get(address(case) + "?tab=timeline"))

    def test_support_is_offered_none(self, case: Case) -> None:
        page = text(cast.signed_in(cast.staff("support", "Tove")).get(address(case) + "?tab=documents"))
        assert "Register extract" in page and "/documents/" not in page

    def test_downloads_when_asked(self, as_ana: Client, case: Case) -> None:
        document = Document.objects.get(kind="register_extract")
        answer = as_ana.get(address(case, f"documents/{document.pk}/?download=1"))
        assert answer["Content-Disposition"].startswith("attachment")

    def test_what_a_browser_might_run_is_only_downloaded(self, as_ana: Client, case: Case) -> None:
        document = Document.objects.get(kind="register_extract")
        Document.objects.filter(pk=document.pk).update(content_type="text/html")
        answer = as_ana.get(address(case, f"documents/{document.pk}/"))
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "application/octet-stream"

    def test_another_organisations_document_is_missing(self, make: Callable[..., Case], as_ana: Client, case: Case) -> None:
        document = Document.objects.get(kind="register_extract")
        other = make("Lotus Inference Ltd")
        assert as_ana.get(address(other, f"documents/{document.pk}/")).status_code == 404
