"""What people do with a case: the state it leaves, the audit row, the mail, and that all of it stands or falls together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation
from django.utils.functional import lazy

from accounts.models import AuditEvent, Membership, Message, Proposal, User
from accounts.permissions import NotPermitted
from accounts.proposals import AlreadyEnded, ReasonMissing, SamePerson
from kyc.cases import actions as cases
from kyc.cases import examining, mailing
from kyc.cases.models import Case, Decision, Entity, Examination, Requirement
from kyc.cases.policy import POLICY
from kyc.evidence import actions as evidence
from kyc.evidence import items
from kyc.parties import actions as parties
from kyc.rules import packs
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.cast import Founded, pdf, shown, signed_in
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import KARPOV, VOLKHOV, company, own

pytestmark = pytest.mark.django_db
TOLD = (Case, Examination, Proposal, Decision, Requirement, Entity, Message, AuditEvent)

# A reason of another choice, or none, or a choice that does not exist.
MISNAMED = [
    *((choice, reasons[0]) for choice in POLICY.reasons for other, reasons in POLICY.reasons.items() if other != choice),
    ("approve", ""),
    ("approve", "nonsense"),
    ("restrict", "identity_established"),
    ("", ""),
]


def everything() -> list[dict[str, Any]]:
    return [row for model in TOLD for row in model.objects.order_by("pk").values()]


def events(verb: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb).order_by("pk"))


@pytest.fixture
def alice(nordlys: Founded) -> User:
    return nordlys.by


@pytest.fixture
def charlie(db: None) -> User:
    return scenes.person("charlie@outside.example", "Charlie")


@pytest.fixture
def complete(nordlys: Founded) -> Case:
    """All told, not sent yet."""
    own(nordlys, "Kari Moe", "100")
    evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(), by=nordlys.by)
    shown(nordlys.organisation, nordlys.by)
    return nordlys.organisation.case_set.get()


class TestOpenCase:
    def test_keeps_which_notice_was_shown_when_and_in_which_language(self, nordlys: Founded) -> None:
        case = nordlys.organisation.case_set.get()
        assert (case.state, case.notice_version, case.notice_locale) == ("draft", "2026-11", "en")
        assert case.notice_shown_at is not None
        assert [event.details for event in events("case.opened")] == [{"notice": "2026-11"}]

    def test_repeated_it_is_the_same_case(self, nordlys: Founded) -> None:
        before = everything()
        again = cases.open_case(nordlys.organisation, notice_version="2027-01", locale="de", by=nordlys.by)
        assert again == nordlys.organisation.case_set.get()
        assert everything() == before

    def test_after_a_decision_it_is_a_new_one(self, nordlys: Founded, case: Case, ana: User, rui: User) -> None:
        cases.take(scenes.proposed(case, "refuse", by=ana), by=rui)
        again = cases.open_case(nordlys.organisation, notice_version="2026-11", locale="en", by=nordlys.by)
        assert again != case
        assert again.state == "draft"

    def test_is_not_a_strangers_nor_an_officers(self, nordlys: Founded, charlie: User, ana: User) -> None:
        for other in (charlie, ana):
            with pytest.raises(NotPermitted):
                cases.open_case(nordlys.organisation, notice_version="2026-11", locale="en", by=other)


class TestSubmit:
    def test_sends_the_case_to_be_examined(self, complete: Case, alice: User) -> None:
        case = cases.submit(complete, declared_true=True, by=alice)
        assert (case.state, case.submitted_by, case.declared_true_by) == ("submitted", alice, alice)
        assert case.due_on == timezone.now().date() + timedelta(days=packs.current().days("decide"))
        examination = case.examinations.get()
        assert (examination.state, examination.rule_pack) == ("requested", packs.current().version)
        assert [(event.actor, event.target_id) for event in events("case.submitted")] == [("Alice Olsen", str(case.pk))]

    def test_the_second_time_is_refused_and_does_nothing(self, complete: Case, alice: User) -> None:
        cases.submit(complete, declared_true=True, by=alice)
        before = everything()
        with pytest.raises(cases.NotNow, match="Being examined"):
            cases.submit(complete, declared_true=True, by=alice)
        assert everything() == before

    def test_a_customer_is_not_told_which_officer_did_what(self, case: Case, ana: User) -> None:
        scenes.proposed(case, "refuse", by=ana)
        with pytest.raises(cases.NotNow) as late:
            cases.submit(case, declared_true=True, by=case.submitted_by)
        assert str(late.value) == "Meanwhile this case has changed to “To approve”."

    def test_needs_the_word_that_all_is_true(self, complete: Case, alice: User) -> None:
        before = everything()
        with pytest.raises(cases.Incomplete, match="true and complete"):
            cases.submit(complete, declared_true=False, by=alice)
        assert everything() == before

    def test_says_the_first_thing_that_is_missing(self, complete: Case, alice: User) -> None:
        evidence.remove(complete.organisation.document_set.get(kind="register_extract"), by=alice)
        before = everything()
        with pytest.raises(cases.Incomplete, match="Add one document"):
            cases.submit(complete, declared_true=True, by=alice)
        assert everything() == before

    def test_is_the_members_own(self, complete: Case, charlie: User, ana: User) -> None:
        for other in (charlie, ana):
            with pytest.raises(NotPermitted):
                cases.submit(complete, declared_true=True, by=other)


class TestAssign:
    def test_gives_the_case_to_an_officer_and_back_to_nobody(self, case: Case, ana: User, rui: User) -> None:
        assert cases.assign(case, to=ana, by=rui).owner == ana
        assert cases.assign(case, to=None, by=ana).owner is None
        assert [event.details["to"] for event in events("case.assigned")] == ["Ana Maric", ""]

    def test_repeated_it_is_silence(self, case: Case, ana: User) -> None:
        cases.assign(case, to=ana, by=ana)
        before = everything()
        cases.assign(case, to=ana, by=ana)
        assert everything() == before

    @pytest.mark.parametrize("role", ["auditor", "administrator", "investigator", "support", ""])
    def test_only_to_and_by_who_works_cases(self, case: Case, ana: User, role: str) -> None:
        other = scenes.person("other@keyholder.example", "Other", role)
        with pytest.raises(NotPermitted, match="Other does not work cases"):
            cases.assign(case, to=other, by=ana)
        with pytest.raises(NotPermitted):
            cases.assign(case, to=ana, by=other)

    def test_never_to_who_may_sign_in_no_more(self, case: Case, ana: User, rui: User) -> None:
        rui.is_active = False
        rui.save()
        with pytest.raises(NotPermitted):
            cases.assign(case, to=rui, by=ana)


class TestPropose:
    @pytest.mark.parametrize("choice", Decision.Choice.values)
    def test_leaves_the_case_to_a_second_person(self, case: Case, ana: User, choice: str) -> None:
        due = case.due_on
        decision = scenes.proposed(case, choice, by=ana)
        case.refresh_from_db()
        assert (case.state, case.due_on) == ("proposed", due)
        proposal = decision.proposal
        assert (proposal.choice, proposal.reason, proposal.proposed_by, proposal.outcome) == (
            choice,
            scenes.CODES[choice],
            ana,
            "",
        )
        (event,) = events("decision.proposed")
        told = {name: event.details[name] for name in ("choice", "code")}
        assert (event.reason, told) == ("Read and compared.", {"choice": choice, "code": scenes.CODES[choice]})
        # Nobody has opened or verified anything here, which the trail tells of an approval.
        assert ("not_opened" in event.details) == (choice == "approve")
        assert not Message.objects.exists()

    @pytest.mark.parametrize(("choice", "reason"), MISNAMED)
    def test_only_for_a_reason_of_its_choice(self, case: Case, ana: User, choice: str, reason: str) -> None:
        before = everything()
        with pytest.raises(ReasonMissing, match="reason from the list"):
            cases.propose(case, choice=choice, reason=reason, note="Because.", message="Send it.", by=ana)
        assert everything() == before

    @pytest.mark.parametrize(("note", "message"), [("Why.", " \n"), ("  ", "Send it."), ("", "")])
    def test_asking_needs_a_note_and_the_sentence_the_customer_reads(
        self, case: Case, ana: User, note: str, message: str
    ) -> None:
        before = everything()
        with pytest.raises(ReasonMissing):
            cases.propose(case, choice="ask", reason="document_missing", note=note, message=message, by=ana)
        assert everything() == before

    @pytest.mark.parametrize("role", ["auditor", "administrator", "investigator", "support", ""])
    def test_only_by_analysts_and_approvers(self, case: Case, role: str) -> None:
        other = scenes.person("other@keyholder.example", "Other", role)
        before = everything()
        with pytest.raises(NotPermitted):
            scenes.proposed(case, "refuse", by=other)
        assert everything() == before

    def test_only_once_at_a_time(self, case: Case, ana: User, rui: User) -> None:
        scenes.proposed(case, "approve", by=ana)
        with pytest.raises(cases.NotNow) as late:
            scenes.proposed(case, "refuse", by=rui)
        assert str(late.value) == (
            "Meanwhile Ana Maric proposed: Approve. The case stands at “To approve”, and nothing else was changed."
        )

    @pytest.mark.parametrize("state", ["draft", "submitted", "waiting"])
    def test_only_in_review(self, case: Case, ana: User, state: str) -> None:
        Case.objects.filter(pk=case.pk).update(state=state)
        with pytest.raises(cases.NotNow):
            scenes.proposed(case, "refuse", by=ana)

    def test_an_approval_is_refused_while_a_match_is_open(self, nordlys: Founded, the_list: ListVersion, ana: User) -> None:
        own(nordlys, KARPOV, "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        before = everything()
        with pytest.raises(cases.Stopped, match=r"^1 possible match is still open\.$"):
            scenes.proposed(case, "approve", by=ana)
        assert everything() == before
        scenes.proposed(case, "refuse", by=ana)

    def test_an_approval_is_refused_while_ownership_is_blocked(self, nordlys: Founded, the_list: ListVersion, ana: User) -> None:
        company(nordlys, VOLKHOV, "50", owner=("Kari Moe", "100"))
        own(nordlys, "Ola Berg", "50")
        case = scenes.examine(nordlys).case
        cast.ruled(Hit.objects.get(), ruling="true", reason="other_evidence", note="The register says so.", by=ana)
        with pytest.raises(cases.Stopped, match=f"Blocked under OFAC 50 % if possible matches are true: {VOLKHOV}"):
            scenes.proposed(case, "approve", by=ana)

    def test_an_approval_is_refused_while_nobody_was_screened(self, nordlys: Founded, ana: User) -> None:
        with pytest.raises(cases.Stopped, match="No list is loaded"):
            scenes.proposed(scenes.ready(nordlys), "approve", by=ana)


class TestTake:
    @pytest.mark.parametrize(
        ("choice", "state", "subject"),
        [
            ("approve", "approved", "You are verified"),
            ("refuse", "refused", "We could not verify your organisation"),
            ("ask", "waiting", "One more thing we need from you"),
        ],
    )
    def test_makes_it_so_and_writes_to_the_owner(
        self, case: Case, ana: User, rui: User, choice: str, state: str, subject: str
    ) -> None:
        decision = scenes.proposed(case, choice, by=ana)
        cases.take(decision, note="Agreed.", by=rui)
        case.refresh_from_db()
        assert case.state == state
        proposal = Proposal.objects.get()
        assert (proposal.outcome, proposal.outcome_by, proposal.outcome_note) == ("taken", rui, "Agreed.")
        mail = Message.objects.get()
        assert (mail.to, mail.subject, mail.state) == ("alice@nordlys.example", subject, "queued")
        assert "Nordlys Modelling AS" in mail.text
        assert "Nordlys Modelling AS" in mail.html
        assert [(event.actor, event.reason) for event in events("decision.taken")] == [("Rui Duarte", "Agreed.")]
        assert len(events(f"case.{state}")) == 1
        assert Entity.objects.exists() is (choice == "approve")
        assert Requirement.objects.exists() is (choice == "ask")

    def test_a_mail_about_more_than_one_thing_says_so(self, case: Case, ana: User, rui: User) -> None:
        Requirement.objects.create(
            organisation=case.organisation, case=case, sentence="Another.", consequence="None.",
            due_on=timezone.localdate(),
        )  # fmt: skip
        cases.take(scenes.proposed(case, "ask", by=ana), by=rui)
        assert Message.objects.get().subject == "More things that we need from you"

    def test_owners_are_written_to_and_other_members_are_not(self, case: Case, ana: User, rui: User) -> None:
        for email, role in (("bob@nordlys.example", "owner"), ("eva@nordlys.example", "member")):
            Membership.objects.create(organisation=case.organisation, user=scenes.person(email, email), role=role)
        cases.take(scenes.proposed(case, "refuse", by=ana), by=rui)
        assert set(Message.objects.values_list("to", flat=True)) == {"alice@nordlys.example", "bob@nordlys.example"}

    def test_a_refusal_names_neither_reason_nor_note_nor_officer(self, case: Case, ana: User, rui: User) -> None:
        cases.take(scenes.proposed(case, "refuse", by=ana), by=rui)
        mail = Message.objects.get()
        for secret in ("Read and compared.", "doubt", "Ana", "Rui"):
            assert secret not in mail.text + mail.html

    def test_an_approver_cannot_take_his_own(self, case: Case, rui: User) -> None:
        decision = scenes.proposed(case, "approve", by=rui)
        before = everything()
        with pytest.raises(SamePerson):
            cases.take(decision, by=rui)
        assert everything() == before

    @pytest.mark.parametrize("role", ["analyst", "auditor", "administrator", "investigator", "support", ""])
    def test_only_approvers_take(self, case: Case, ana: User, role: str) -> None:
        decision = scenes.proposed(case, "refuse", by=ana)
        other = scenes.person("other@keyholder.example", "Other", role)
        before = everything()
        with pytest.raises(NotPermitted):
            cases.take(decision, by=other)
        assert everything() == before

    def test_the_second_click_is_refused_and_writes_no_second_mail(self, case: Case, ana: User, rui: User) -> None:
        decision = scenes.proposed(case, "approve", by=ana)
        cases.take(decision, by=rui)
        before = everything()
        with pytest.raises(cases.NotNow, match=r"Meanwhile Rui Duarte approved the case\. The case stands at “Approved”"):
            cases.take(decision, by=rui)
        assert everything() == before

    def test_an_earlier_proposal_cannot_be_taken_in_place_of_the_present_one(self, case: Case, ana: User, rui: User) -> None:
        first = scenes.proposed(case, "approve", by=ana)
        cases.decline(first, note="The extract is old.", by=rui)
        scenes.proposed(case, "refuse", by=ana)
        with pytest.raises(AlreadyEnded):
            cases.take(first, by=rui)

    def test_an_approval_is_refused_when_a_match_has_come_up_since(
        self, nordlys: Founded, the_list: ListVersion, ana: User, rui: User
    ) -> None:
        case = scenes.ready(nordlys)
        decision = scenes.proposed(case, "approve", by=ana)
        parties.correct(nordlys.controller, name=KARPOV, country="NO", birth_date="1961-02-04", by=nordlys.by)
        scenes.examine_anew(case)
        before = everything()
        with pytest.raises(cases.Stopped, match="1 possible match is still open"):
            cases.take(decision, by=rui)
        assert everything() == before

    def test_an_approval_is_refused_when_ownership_turned_out_blocked_since(
        self, nordlys: Founded, the_list: ListVersion, ana: User, rui: User
    ) -> None:
        case = scenes.ready(nordlys)
        decision = scenes.proposed(case, "approve", by=ana)
        parties.correct(nordlys.controller, name=KARPOV, country="NO", birth_date="1961-02-04", by=nordlys.by)
        scenes.examine_anew(case)
        Hit.objects.all().delete()
        before = everything()
        with pytest.raises(cases.Stopped, match=f"Blocked under OFAC 50 % if possible matches are true: {KARPOV}"):
            cases.take(decision, by=rui)
        assert everything() == before
        cases.decline(decision, note="Blocked.", by=rui)


class TestDecline:
    def test_puts_the_case_back_and_says_why(self, case: Case, ana: User, rui: User) -> None:
        due = case.due_on
        cases.decline(scenes.proposed(case, "approve", by=ana), note="The extract is old.", by=rui)
        case.refresh_from_db()
        assert (case.state, case.due_on) == ("review", due)
        proposal = Proposal.objects.get()
        assert (proposal.outcome, proposal.outcome_note) == ("declined", "The extract is old.")
        assert [event.reason for event in events("decision.declined")] == ["The extract is old."]
        assert not Message.objects.exists()
        assert scenes.proposed(case, "refuse", by=ana).proposal.outcome == ""

    def test_needs_a_reason(self, case: Case, ana: User, rui: User) -> None:
        decision = scenes.proposed(case, "approve", by=ana)
        with pytest.raises(ReasonMissing):
            cases.decline(decision, note=" ", by=rui)

    def test_is_not_the_proposers_nor_an_analysts(self, case: Case, ana: User, rui: User) -> None:
        decision = scenes.proposed(case, "approve", by=rui)
        with pytest.raises(SamePerson):
            cases.decline(decision, note="Why.", by=rui)
        with pytest.raises(NotPermitted):
            cases.decline(decision, note="Why.", by=ana)


class TestWithdraw:
    def test_is_the_proposers_alone(self, case: Case, ana: User, rui: User) -> None:
        decision = scenes.proposed(case, "approve", by=ana)
        before = everything()
        with pytest.raises(NotPermitted, match="Only the person who proposed"):
            cases.withdraw(decision, by=rui)
        assert everything() == before
        cases.withdraw(decision, by=ana)
        case.refresh_from_db()
        assert (case.state, Proposal.objects.get().outcome) == ("review", "withdrawn")
        assert [event.actor for event in events("decision.withdrawn")] == ["Ana Maric"]
        with pytest.raises(cases.NotNow):
            cases.withdraw(decision, by=ana)


class TestAsk:
    @pytest.fixture
    def asked(self, case: Case, ana: User, rui: User) -> Case:
        cases.take(scenes.proposed(case, "ask", message="Send page 2 of the extract, please.", by=ana), by=rui)
        case.refresh_from_db()
        return case

    def test_the_officers_sentence_is_what_is_required(self, asked: Case) -> None:
        requirement = asked.requirements.get()
        assert (requirement.sentence, requirement.met_at) == ("Send page 2 of the extract, please.", None)
        assert requirement.due_on == asked.due_on == timezone.now().date() + timedelta(days=packs.current().days("answer"))
        assert "no live key can be switched on" in requirement.consequence
        mail = Message.objects.get()
        assert "Send page 2 of the extract, please." in mail.text
        assert "Send page 2 of the extract, please." in mail.html

    def test_it_is_written_in_the_customers_language_whoever_presses(
        self, case: Case, ana: User, rui: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Case.objects.filter(pk=case.pk).update(notice_locale="fr")
        decision = scenes.proposed(case, "ask", message="Encore une page.", by=ana)
        monkeypatch.setattr(cases.asking, "CONSEQUENCE", lazy(lambda: f"{translation.get_language()}: no key", str)())
        told = []
        monkeypatch.setattr(mailing.messages, "queue_template", lambda *_, **__: told.append(translation.get_language()))
        with translation.override("de"):
            cases.take(decision, by=rui)
            assert translation.get_language() == "de"
        assert case.requirements.get().consequence.startswith("fr: ")
        assert told == ["fr"]

    def test_the_form_is_open_again_and_shows_it(self, asked: Case, alice: User) -> None:
        client = signed_in(alice)
        assert "Send page 2 of the extract, please." in client.get("/verification/").content.decode()
        assert client.get("/verification/company/").status_code == 200

    def test_sent_again_it_is_met_and_examined_anew(self, nordlys: Founded, asked: Case, alice: User) -> None:
        examination = scenes.examine(nordlys)
        asked.refresh_from_db()
        assert asked.state == "review"
        assert asked.requirements.get().met_at is not None
        assert list(asked.examinations.values_list("state", flat=True)) == ["done", "done"]
        assert examination == asked.examinations.latest("pk")


class TestMakeEntity:
    def test_an_approval_makes_the_verified_result(self, case: Case, ana: User, rui: User) -> None:
        entity = scenes.approved(case, ana=ana, rui=rui)
        company = case.organisation.party_set.get(kind="company")
        assert (entity.name, entity.party, entity.ended_at) == ("Nordlys Modelling AS", company, None)
        assert entity.valid_until - entity.valid_from == timedelta(days=packs.current().entity_days("low"))
        assert [event.details for event in events("entity.made")] == [{"reference": entity.reference}]

    def test_it_carries_the_level_that_the_evidence_reaches(self, case: Case, ana: User, rui: User) -> None:
        assert scenes.approved(case, ana=ana, rui=rui).assurance == "declared"

    def test_with_evidence_of_the_company_it_is_found(self, nordlys: Founded, case: Case, ana: User, rui: User) -> None:
        extract = case.organisation.document_set.filter(kind="register_extract").first()
        extract = extract or evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(width=421), by=nordlys.by)
        item = items.record(nordlys.party, kind="register_extract", document=extract, by=ana)
        items.validate(item, method="issuer", by=ana)
        examining.run()
        assert scenes.approved(case, ana=ana, rui=rui).assurance == "found"

    def test_high_risk_holds_for_a_year(self, nordlys: Founded, the_list: ListVersion, ana: User, rui: User) -> None:
        parties.declare_company(
            nordlys.organisation, name="Nordlys Modelling AS", legal_form="AS", registration_number="918334207", country="NO",
            hq_country="RU", address="Strandgata 12", phone="+47 77 00 00 00", by=nordlys.by,
        )  # fmt: skip
        first = company(nordlys, "First AS", "100")
        own(nordlys, "Kari Moe", "60", owned=company(nordlys, "Second AS", "100", owned=first))
        entity = scenes.approved(scenes.examine(nordlys).case, ana=ana, rui=rui)
        assert entity.valid_until - entity.valid_from == timedelta(days=packs.current().entity_days("high"))
        assert packs.current().entity_days("high") < packs.current().entity_days("low")

    def test_a_second_approval_supersedes_the_first(self, nordlys: Founded, case: Case, ana: User, rui: User) -> None:
        first = scenes.approved(case, ana=ana, rui=rui)
        again = scenes.case_again(nordlys)
        second = scenes.approved(again, ana=ana, rui=rui)
        first.refresh_from_db()
        assert first.ended_at == second.valid_from
        assert first.end_reason == f"superseded by the decision of {again.number}"
        assert second.reference != first.reference
        assert list(Entity.objects.filter(ended_at__isnull=True)) == [second]

    def test_a_later_refusal_ends_it(self, nordlys: Founded, case: Case, ana: User, rui: User) -> None:
        first = scenes.approved(case, ana=ana, rui=rui)
        again = scenes.case_again(nordlys)
        cases.take(scenes.proposed(again, "refuse", by=ana), by=rui)
        first.refresh_from_db()
        assert first.ended_at is not None
        assert first.end_reason == f"refused by the decision of {again.number}"


@dataclass
class Stage:
    found: Founded
    ana: User
    rui: User

    @property
    def case(self) -> Case:
        return self.found.organisation.case_set.latest("pk")

    @property
    def decision(self) -> Decision:
        return self.case.decisions.latest("pk")


def draft(stage: Stage) -> None:
    own(stage.found, "Kari Moe", "100")
    evidence.upload(stage.found.organisation, kind="register_extract", file=pdf(), by=stage.found.by)
    shown(stage.found.organisation, stage.found.by)


def review(stage: Stage) -> None:
    scenes.ready(stage.found)


def after(choice: str) -> Callable[[Stage], None]:
    def proposal(stage: Stage) -> None:
        scenes.proposed(scenes.ready(stage.found), choice, by=stage.ana)

    return proposal


def refused(stage: Stage) -> None:
    after("refuse")(stage)
    cases.take(stage.decision, by=stage.rui)


VERBS: dict[str, tuple[Callable[[Stage], None], Callable[[Stage], object]]] = {
    "open": (refused, lambda s: cases.open_case(s.found.organisation, notice_version="2026-11", locale="en", by=s.found.by)),
    "submit": (draft, lambda s: cases.submit(s.case, declared_true=True, by=s.found.by)),
    "assign": (review, lambda s: cases.assign(s.case, to=s.ana, by=s.rui)),
    "propose": (review, lambda s: scenes.proposed(s.case, "approve", by=s.ana)),
    "take approve": (after("approve"), lambda s: cases.take(s.decision, by=s.rui)),
    "take refuse": (after("refuse"), lambda s: cases.take(s.decision, by=s.rui)),
    "take ask": (after("ask"), lambda s: cases.take(s.decision, by=s.rui)),
    "decline": (after("approve"), lambda s: cases.decline(s.decision, note="Why.", by=s.rui)),
    "withdraw": (after("approve"), lambda s: cases.withdraw(s.decision, by=s.ana)),
}


class TestEveryVerb:
    @pytest.mark.parametrize("name", VERBS)
    def test_does_nothing_if_its_audit_row_cannot_be_written(
        self, nordlys: Founded, the_list: ListVersion, ana: User, rui: User, name: str
    ) -> None:
        stage = Stage(nordlys, ana, rui)
        before_it, verb = VERBS[name]
        before_it(stage)
        before = everything()
        with scenes.audit_breaks():
            verb(stage)
        assert everything() == before
        verb(stage)
        assert everything() != before
