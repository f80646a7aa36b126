"""Answers with a red flag, signed after the approval: officers get a case of it, and the keys stay on until they have ruled."""

from dataclasses import replace
from typing import Any

import pytest

from accounts import audit
from accounts.models import AuditEvent, Organisation, User
from kyc.cases import actions as cases
from kyc.cases import examining, flags, reviewing
from kyc.cases.models import Case, Entity, Review
from kyc.cases.obstacles import obstacles
from kyc.parties import questionnaires
from kyc.parties.models import Questionnaire
from kyc.rules import packs
from kyc.rules.packs import Questions
from tests.cast import ANSWERS, Founded, signed_in
from tests.kyc.cases import scenes
from tests.stage import scene

pytestmark = pytest.mark.django_db
FLAG = "Use for weapons of mass destruction was declared."


@scene
def entity(case: Case, ana: User, rui: User) -> Entity:
    return scenes.approved(case, ana=ana, rui=rui)


def sign(nordlys: Founded, **answers: Any) -> Questionnaire:
    return questionnaires.sign(nordlys.organisation, answers=ANSWERS | answers, signed_name="Alice Olsen", by=nordlys.by)


def run() -> None:
    """Twice, as a second wake-up would."""
    for _ in range(2):
        reviewing.run()
    assert not reviewing.QUEUE.is_waiting()


def opened() -> Case:
    return Case.objects.get(pk=Case.objects.latest("pk").pk)


class TestOpenReview:
    def test_a_flag_signed_after_the_approval_comes_before_an_officer(self, nordlys: Founded, entity: Entity) -> None:
        signed = sign(nordlys, weapons="yes")
        assert reviewing.QUEUE.is_waiting()
        run()
        examining.run()
        case = opened()
        assert Case.objects.count() == 2
        assert (case.state, case.owner, case.reviews) == ("review", None, signed)
        assert (case.submitted_at, case.submitted_by, case.declared_true_at, case.declared_true_by) == (None, None, None, None)
        assert case.notice_version == "2026-11"
        event = AuditEvent.objects.get(verb="case.review_opened")
        assert (event.actor, event.reason, event.target_id) == ("Keyholder", FLAG, str(case.pk))
        assert len(obstacles(case)) == 1
        assert FLAG in obstacles(case)[0]

    def test_the_entity_lives_on_until_it_is_decided(self, nordlys: Founded, entity: Entity, ana: User, rui: User) -> None:
        signed = sign(nordlys, weapons="yes")
        run()
        examining.run()
        assert list(Entity.objects.live()) == [entity]
        flags.rule(signed, "weapons", ruling="explained", note="A drone that films birds.", by=ana)
        again = scenes.approved(opened(), ana=ana, rui=rui)
        assert list(Entity.objects.live()) == [again]
        run()
        assert Case.objects.count() == 2

    def test_refused_it_ends_and_says_why(self, nordlys: Founded, entity: Entity, ana: User, rui: User) -> None:
        sign(nordlys, weapons="yes")
        run()
        examining.run()
        case = opened()
        cases.take(scenes.proposed(case, "refuse", by=ana), by=rui)
        entity.refresh_from_db()
        assert entity.ended_at is not None
        assert entity.end_reason == f"refused by the decision of {case.number}"
        assert AuditEvent.objects.get(verb="entity.ended").actor == "Rui Duarte"
        run()
        assert Case.objects.count() == 2

    @pytest.mark.parametrize(
        "answers", [{}, {"training": "own", "training_for": "Ours, in Tromsø."}], ids=["plain", "asked more but no flag"]
    )
    def test_answers_without_a_flag_open_nothing(self, nordlys: Founded, entity: Entity, answers: dict[str, str]) -> None:
        sign(nordlys, **answers)
        assert not reviewing.QUEUE.is_waiting()

    def test_what_the_approval_looked_at_opens_nothing(self, nordlys: Founded, case: Case, ana: User, rui: User) -> None:
        signed = sign(nordlys, weapons="yes")
        examining.run()
        flags.rule(signed, "weapons", ruling="explained", note="Birds.", by=ana)
        scenes.approved(case, ana=ana, rui=rui)
        assert not reviewing.QUEUE.is_waiting()

    def test_neither_does_it_while_a_case_is_open_that_looks_at_it(self, nordlys: Founded, case: Case) -> None:
        sign(nordlys, weapons="yes")
        assert not reviewing.QUEUE.is_waiting()

    def test_nor_in_a_sandbox(self, nordlys: Founded, entity: Entity) -> None:
        Organisation.objects.update(sandbox="approved")
        sign(nordlys, weapons="yes")
        assert not reviewing.QUEUE.is_waiting()

    def test_what_the_customer_then_sends_he_declares_himself(
        self, nordlys: Founded, entity: Entity, ana: User, rui: User
    ) -> None:
        sign(nordlys, weapons="yes")
        run()
        examining.run()
        cases.take(scenes.proposed(opened(), "ask", by=ana), by=rui)
        sent = cases.submit(opened(), declared_true=True, by=nordlys.by)
        assert (sent.declared_true_by, sent.submitted_by) == (nordlys.by, nordlys.by)

    def test_nothing_is_opened_if_it_cannot_be_recorded(self, nordlys: Founded, entity: Entity) -> None:
        sign(nordlys, weapons="yes")
        token = audit.request_id.set("x" * 41)
        reviewing.run()
        audit.request_id.reset(token)
        assert Case.objects.count() == 1
        assert Review.objects.get().failure.startswith("DataError: value too long")

    def test_one_that_cannot_be_opened_ends_failed_and_stops_nobody_else(
        self, nordlys: Founded, entity: Entity, ana: User, rui: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = scenes.sorvik()
        scenes.approved(scenes.ready(other), ana=ana, rui=rui)
        sign(nordlys, weapons="yes")
        signed = questionnaires.sign(
            other.organisation, answers=ANSWERS | {"weapons": "yes"}, signed_name="Bob Berg", by=other.by
        )  # fmt: skip
        flags_of = questionnaires.flags

        def broken(given: Questionnaire) -> list[str]:
            if given != signed:
                raise ValueError("Something is wrong with it.")
            return flags_of(given)

        monkeypatch.setattr(questionnaires, "flags", broken)
        for _ in range(reviewing.TRIES):
            reviewing.run()
            Review.objects.filter(state="waiting").update(claimed_until=None)
        assert [case.reviews for case in Case.objects.filter(reviews__isnull=False)] == [signed]
        ended = Review.objects.get(organisation=nordlys.organisation)
        assert (ended.state, ended.failure) == ("failed", "ValueError: Something is wrong with it.")
        assert not reviewing.QUEUE.is_waiting()

    def test_the_customer_reads_that_he_stays_verified(self, nordlys: Founded, entity: Entity) -> None:
        sign(nordlys, weapons="yes")
        run()
        page = signed_in(nordlys.by).get("/verification/").content.decode()
        assert "We are reading what you signed" in page
        assert "You signed your intended use on" in page
        assert "You stay verified meanwhile, and your keys go on working." in page


class TestRaising:
    """The question asked of the database is that of `questionnaires.raised`."""

    def of(self, monkeypatch: pytest.MonkeyPatch, *versions: Questions) -> None:
        found = {version.version: version for version in versions}
        monkeypatch.setattr(packs, "versions", lambda: tuple(found))
        monkeypatch.setattr(packs, "questions", found.__getitem__)

    def test_without_any_flag_nothing_is_found(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        sign(nordlys, weapons="yes")
        now = packs.current().questionnaire
        plain = replace(now, questions=tuple(replace(question, flags=()) for question in now.questions))
        self.of(monkeypatch, plain)
        assert not Questionnaire.objects.live().filter(questionnaires.raising()).exists()

    def test_answers_to_earlier_questions_are_found_too(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        signed = sign(nordlys, weapons="yes")
        now = packs.current().questionnaire
        self.of(monkeypatch, now, replace(now, version="2027-06", questions=()))
        monkeypatch.setattr(type(packs.current()), "questionnaire", property(lambda pack: packs.questions("2027-06")))
        assert list(Questionnaire.objects.live().filter(questionnaires.raising())) == [signed]

    @pytest.mark.parametrize(
        "answers",
        [
            {},
            {"military": "yes", "military_details": "Boats."},
            {"training": "model", "training_for": "Theirs."},
            {"training": "own", "training_for": "Ours."},
            {"resale": "resale", "onward_controls": "We ask."},
            {"government_ownership": "yes"},
        ],
        ids=lambda answers: "-".join(answers.values()) or "none",
    )
    def test_agrees_with_what_people_are_shown(self, nordlys: Founded, answers: dict[str, str]) -> None:
        signed = sign(nordlys, **answers)
        found = Questionnaire.objects.live().filter(questionnaires.raising()).exists()
        assert found == bool(questionnaires.raised(signed))
