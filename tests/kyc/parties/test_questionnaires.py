"""Intended use, answered and signed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import profiles, questionnaires
from kyc.parties.models import Questionnaire, Role
from kyc.parties.wording import BadText
from kyc.rules import packs
from tests.cast import ANSWERS, Founded, customer, founded
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


ALICE = {"name": "Alice Olsen", "country": "NO", "birth_date": "1984-03-17", "address": "Strandgata 1", "us_basis": "none"}


def sign(nordlys: Founded, **changed: Any) -> Questionnaire:
    return questionnaires.sign(nordlys.organisation, answers={**ANSWERS, **changed}, signed_name="Alice Olsen", by=nordlys.by)


def signed_by(nordlys: Founded, name: str) -> Questionnaire:
    return questionnaires.sign(nordlys.organisation, answers=ANSWERS, signed_name=name, by=nordlys.by)


class TestWhoSigns:
    """The signature is that of one who may sign, as the customer named them."""

    @pytest.mark.parametrize("name", ["Z", "Alice", "Bo Dahl", "Nordlys Modelling AS"])
    def test_anybody_else_is_told_who_may(self, nordlys: Founded, name: str) -> None:
        parties.declare_person(
            nordlys.organisation, name="Bo Dahl", country="NO", birth_date="1970-02-03", roles=["director"], by=nordlys.by
        )
        with pytest.raises(BadText, match=r"who may sign for you, as you named them: Alice Olsen\.") as bad:
            signed_by(nordlys, name)
        assert bad.value.field == "signed_name"
        assert not Questionnaire.objects.exists()

    @pytest.mark.parametrize("role", ["signatory", "controller"])
    def test_one_role_of_the_two_is_enough(self, nordlys: Founded, role: str) -> None:
        Role.objects.filter(party=nordlys.controller).exclude(kind=role).delete()
        assert signed_by(nordlys, "alice OLSEN").signed_name == "alice OLSEN"

    def test_by_the_name_in_its_own_script_too(self, nordlys: Founded) -> None:
        nordlys.controller.native_name = "Алиса Ольсен"
        nordlys.controller.save()
        assert signed_by(nordlys, "Алиса Ольсен").signed_name == "Алиса Ольсен"

    def test_who_has_left_signs_no_more(self, nordlys: Founded) -> None:
        ownership.remove(nordlys.controller, by=nordlys.by)
        with pytest.raises(BadText, match="First name who may sign for you"):
            signed_by(nordlys, "Alice Olsen")

    def test_a_person_signs_for_himself(self, nordlys: Founded) -> None:
        profiles.choose(nordlys.organisation, customer_class="individual", programme="none", by=nordlys.by)
        with pytest.raises(BadText, match="First name who may sign for you"):
            signed_by(nordlys, "Alice Olsen")
        parties.declare_individual(nordlys.organisation, **ALICE, by=nordlys.by)
        assert signed_by(nordlys, "Alice Olsen")


class TestSign:
    def test_it_is_signed_dated_versioned_and_expires(self, nordlys: Founded) -> None:
        signed = sign(nordlys)
        assert (signed.version, signed.signed_name, signed.signed_by) == ("2026-11", "Alice Olsen", nordlys.by)
        assert signed.expires_on == timezone.localdate() + timedelta(days=packs.current().questionnaire_days)
        assert questionnaires.current(nordlys.organisation) == signed

    def test_signing_anew_supersedes(self, nordlys: Founded) -> None:
        first, second = sign(nordlys), sign(nordlys, training="own", training_for="Ours, in Tromsø")
        assert questionnaires.current(nordlys.organisation) == second
        assert Questionnaire.objects.get(pk=first.pk).superseded_at is not None

    def test_what_is_not_asked_is_not_kept(self, nordlys: Founded) -> None:
        profiles.choose(nordlys.organisation, customer_class="individual", programme="none", by=nordlys.by)
        parties.declare_individual(nordlys.organisation, **ALICE, by=nordlys.by)
        signed = sign(nordlys, onward_controls="None", training_for="Nobody")
        assert not {"ultimate_parent", "onward_controls", "training_for"} & set(signed.answers)

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"end_use": " "}, "end_use"),
            ({"end_users": []}, "end_users"),
            ({"end_users": ["martians"]}, "end_users"),
            ({"end_users": ["nobody_else", "public"]}, "end_users"),
            ({"military": "perhaps"}, "military"),
            ({"military": "yes"}, "military_details"),
            ({"resale": "resale"}, "onward_controls"),
            ({"ultimate_parent_country": "XX"}, "ultimate_parent_country"),
            ({"end_use": "x" * 2001}, "end_use"),
        ],
    )
    def test_bad_answers_name_their_question(self, nordlys: Founded, changed: dict[str, Any], field: str) -> None:
        with pytest.raises(BadText) as bad:
            sign(nordlys, **changed)
        assert bad.value.field == field
        assert not Questionnaire.objects.exists()

    def test_expired_answers_are_none(self, nordlys: Founded) -> None:
        signed = sign(nordlys)
        with pytest.MonkeyPatch.context() as later:
            later.setattr(timezone, "localdate", lambda *_: signed.expires_on + timedelta(days=1))
            assert questionnaires.current(nordlys.organisation) is None

    def test_the_database_keeps_signed_answers(self, nordlys: Founded) -> None:
        signed = sign(nordlys)
        with pytest.raises(DatabaseError, match="signed answers do not change"), transaction.atomic():
            Questionnaire.objects.filter(pk=signed.pk).update(answers={})

    def test_a_contradiction_is_told_in_the_words_of_the_answers(self, nordlys: Founded) -> None:
        with pytest.raises(BadText, match="“Only I myself” can't be true together with “The public”"):
            sign(nordlys, end_users=["public", "nobody_else"])

    def test_an_answer_that_stands_alone_may_stand(self, nordlys: Founded) -> None:
        assert sign(nordlys, end_users=["nobody_else"]).answers["end_users"] == ["nobody_else"]


class TestFlags:
    @pytest.mark.parametrize(
        ("changed", "flagged"),
        [
            ({}, []),
            ({"military": "yes", "military_details": "The navy"}, ["Use for the military or for weapons was declared."]),
            ({"resale": "resale", "onward_controls": "Contracts"}, ["Resale of access was declared."]),
        ],
    )
    def test_answers_that_must_be_asked_about_have_a_sentence(
        self, nordlys: Founded, changed: dict[str, Any], flagged: list[str]
    ) -> None:
        assert questionnaires.flags(sign(nordlys, **changed)) == flagged


class TestInWords:
    def test_codes_are_read_as_words(self, nordlys: Founded) -> None:
        told = dict(questionnaires.in_words(sign(nordlys)))
        assert told["Who will use what you build with it?"] == "Companies that are our customers"
        assert told["In which country does it have its headquarters?"] == "Norway"
        assert told["Will you use what it answers to train or fine-tune a model?"] == "No, only to answer"
