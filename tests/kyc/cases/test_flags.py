"""Red flags of what was signed: asked about, ruled on, and in the way of an approval until they are explained."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from kyc.cases import actions, examining, flags
from kyc.cases.models import Case, FlagRuling
from kyc.cases.obstacles import obstacles
from kyc.parties import questionnaires
from kyc.parties.models import Questionnaire
from kyc.parties.wording import BadText
from tests.cast import ANSWERS
from tests.kyc.cases import scenes
from tests.stage import scene

pytestmark = pytest.mark.django_db
WEAPONS = ANSWERS | {"weapons": "yes"}
FLAG = "Use for weapons of mass destruction was declared."
OPEN = f"Red flag that nobody has spoken to: {FLAG} Say under “Use and payment” how it is explained, or that it stands."
UNSIGNED = "No intended use is signed that is good today. Ask the customer to sign it."


def sign(case: Case, **answers: Any) -> Questionnaire:
    by = case.organisation.membership_set.get().user
    return questionnaires.sign(case.organisation, answers=WEAPONS | answers, signed_name="Alice Olsen", by=by)


@scene
def signed(case: Case) -> Questionnaire:
    """Nordlys declares use for weapons, and was examined since."""
    found = sign(case)
    examining.run()
    return found


def rule(signed: Questionnaire, by: User, ruling: str = "explained", note: str = "A drone that films birds.") -> FlagRuling:
    return flags.rule(signed, "weapons", ruling=ruling, note=note, by=by)


class TestInTheWay:
    def test_a_flag_that_nobody_has_spoken_to_stops_an_approval(self, case: Case, signed: Questionnaire, ana: User) -> None:
        assert obstacles(case) == [OPEN]
        with pytest.raises(actions.Stopped):
            scenes.proposed(case, "approve", by=ana)
        rule(signed, ana)
        assert obstacles(case) == []
        assert scenes.proposed(case, "approve", by=ana).proposal.choice == "approve"

    def test_one_that_stands_does_too(self, case: Case, signed: Questionnaire, ana: User) -> None:
        rule(signed, ana, "stands")
        assert obstacles(case) == [f"Red flag that stands: {FLAG}"]

    def test_the_newest_word_counts(self, case: Case, signed: Questionnaire, ana: User, rui: User) -> None:
        rule(signed, ana)
        decision = scenes.proposed(case, "approve", by=ana)
        rule(signed, rui, "stands", "It carries a charge.")
        with pytest.raises(actions.Stopped, match="that stands"):
            actions.take(decision, by=rui)
        rule(signed, rui)
        assert actions.take(decision, by=rui).state == Case.State.APPROVED

    def test_what_is_signed_anew_is_asked_about_anew(self, case: Case, signed: Questionnaire, ana: User) -> None:
        rule(signed, ana)
        sign(case, end_use="Something else.")
        examining.run()
        assert obstacles(case) == [OPEN]

    def test_every_flag_needs_its_own_word(self, case: Case, ana: User) -> None:
        both = sign(case, resale="resale", onward_controls="We know them.")
        examining.run()
        assert len(obstacles(case)) == 2
        rule(both, ana)
        assert [flag.question for flag in flags.of(both) if flag.is_open] == ["resale"]
        assert len(obstacles(case)) == 1

    def test_nothing_signed_stops_too(self, case: Case) -> None:
        Questionnaire.objects.update(superseded_at=timezone.now())
        assert flags.in_the_way(case.organisation) == [UNSIGNED]

    def test_so_does_what_has_expired_meanwhile(self, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
        last = Questionnaire.objects.get().expires_on
        monkeypatch.setattr(timezone, "localdate", lambda *at: last)
        assert flags.in_the_way(case.organisation) == []
        monkeypatch.setattr(timezone, "localdate", lambda *at: last + timedelta(days=1))
        assert flags.in_the_way(case.organisation) == [UNSIGNED]


class TestRule:
    def test_says_who_why_and_what(self, signed: Questionnaire, ana: User) -> None:
        word = rule(signed, ana)
        assert (word.questionnaire, word.question, word.ruling, word.ruled_by) == (signed, "weapons", "explained", ana)
        event = AuditEvent.objects.get(verb="flag.ruled")
        assert (event.actor_id, event.reason) == (ana.pk, "A drone that films birds.")
        assert event.details == {"ruling": "explained", "question": "weapons"}

    def test_repeated_it_is_silence(self, signed: Questionnaire, ana: User) -> None:
        assert rule(signed, ana) == rule(signed, ana)
        assert AuditEvent.objects.filter(verb="flag.ruled").count() == 1

    @pytest.mark.parametrize(
        ("more", "field"), [({"note": "  "}, "note"), ({"note": "x" * 2001}, "note"), ({"ruling": "whatever"}, "ruling")]
    )
    def test_says_what_is_wrong(self, signed: Questionnaire, ana: User, more: dict[str, str], field: str) -> None:
        with pytest.raises(BadText) as refused:
            rule(signed, ana, **more)
        assert refused.value.field == field
        assert not FlagRuling.objects.exists()

    @pytest.mark.parametrize("question", ["military", "end_use", "moon"])
    def test_only_on_an_answer_that_raises_a_flag(self, signed: Questionnaire, ana: User, question: str) -> None:
        with pytest.raises(flags.NoFlag):
            flags.rule(signed, question, ruling="explained", note="Nothing.", by=ana)

    def test_not_on_answers_that_were_signed_anew(self, case: Case, signed: Questionnaire, ana: User) -> None:
        sign(case)
        with pytest.raises(flags.NoFlag):
            rule(signed, ana)

    @pytest.mark.parametrize("role", ["", "auditor", "investigator", "support", "administrator"])
    def test_only_by_who_judges_evidence(self, signed: Questionnaire, role: str) -> None:
        with pytest.raises(NotPermitted):
            rule(signed, scenes.person("x@keyholder.example", "X", role))

    def test_nothing_is_ruled_when_it_cannot_be_written_down(self, signed: Questionnaire, ana: User) -> None:
        with scenes.audit_breaks():
            rule(signed, ana)
        assert not FlagRuling.objects.exists()
