"""Intended use: asked on one page, signed by name, shown afterwards, signed anew."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kyc.cases import actions as cases
from kyc.cases.models import Case, Entity
from kyc.onboarding import steps
from kyc.parties import actions as parties
from kyc.parties import profiles
from kyc.parties.models import Party, Profile, Questionnaire, Role
from tests import cast
from tests.cast import ANSWERS, Founded, founded, signed_in, staff
from tests.kyc.cases import scenes
from tests.stage import scene

USE = reverse("onboarding:use")
SIGNED = {**ANSWERS, "signed_name": "Alice Olsen"}


@scene
def untold(alice: User) -> Founded:
    """Nordlys, which has told nothing of its use yet."""
    return founded(alice, told=False)


@pytest.fixture
def unsigned(untold: Founded) -> Client:
    return signed_in(untold.by)


@pytest.fixture
def chosen(untold: Founded, unsigned: Client) -> Client:
    profiles.choose(untold.organisation, customer_class="company", programme="none", by=untold.by)
    return unsigned


def sent(client: Client, **more: Any) -> HttpResponse:
    shown = client.get(f"{USE}?anew").context["form"]["shown"].value()
    return client.post(USE, {**SIGNED, "shown": shown, **more})


class TestUse:
    def test_is_signed_dated_and_good_for_a_year(self, unsigned: Client) -> None:
        assert sent(unsigned)["Location"] == reverse("onboarding:payment")
        signed = Questionnaire.objects.get()
        assert (signed.signed_name, signed.answers["end_users"]) == ("Alice Olsen", ["business"])
        assert signed.expires_on == timezone.localdate() + timedelta(days=365)
        page = unsigned.get(USE).content.decode()
        assert "Answers about weather for shipping companies." in page
        assert "Sign anew" in page
        assert f"{signed.expires_on:%B %Y}" in page

    def test_what_is_not_signed_yet_is_kept_until_it_is(self, chosen: Client) -> None:
        kept = sent(chosen, keep="1", end_users=[], military="yes", signed_name="")
        assert kept.status_code == 302
        assert not Questionnaire.objects.exists()
        again = chosen.get(kept["Location"]).content.decode()
        assert "Answers about weather for shipping companies." in again
        assert 'value="Alice Olsen"' not in again, "a signature is made each time"
        assert sent(chosen, military_details="None of it.").status_code == 302
        assert Profile.objects.get().use_draft == {}

    def test_what_cannot_stand_is_not_kept_and_said_at_the_question(self, chosen: Client) -> None:
        refused = sent(chosen, keep="1", end_use="a\x00b")
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["end_use"])
        assert Profile.objects.get().use_draft == {}

    def test_nothing_is_kept_before_it_is_known_what_is_asked(self, unsigned: Client) -> None:
        refused = sent(unsigned, keep="1")
        assert refused.status_code == 422
        assert "First choose what you are" in refused.content.decode()

    def test_without_script_every_question_is_there_and_says_when_it_is_meant(self, unsigned: Client) -> None:
        page = unsigned.get(USE).content.decode()
        assert 'name="military_details"' in page
        assert "Only if you answered “Yes” to “Is any of it for the military" in page

    @pytest.mark.parametrize(
        ("more", "wrong"),
        [
            ({"military": "yes"}, "military_details"),
            ({"resale": "embedded", "onward_controls": "  "}, "onward_controls"),
            ({"end_use": ""}, "end_use"),
            ({"end_users": []}, "end_users"),
            ({"ultimate_parent_country": "XX"}, "ultimate_parent_country"),
            ({"signed_name": ""}, "signed_name"),
            ({"signed_name": "Z"}, "signed_name"),
            ({"end_use": "a\x00b"}, "end_use"),
        ],
    )
    def test_what_is_missing_is_said_at_the_question_and_nothing_is_lost(
        self, unsigned: Client, more: dict[str, Any], wrong: str
    ) -> None:
        answer = sent(unsigned, **more)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [wrong]
        assert "Norway, Denmark" in answer.content.decode()
        assert not Questionnaire.objects.exists()

    def test_what_was_not_asked_is_not_kept(self, unsigned: Client) -> None:
        assert sent(unsigned, military_details="Nothing").status_code == 302
        assert "military_details" not in Questionnaire.objects.get().answers

    def test_sent_twice_it_is_signed_once(self, unsigned: Client) -> None:
        shown = unsigned.get(USE).context["form"]["shown"].value()
        for _ in range(2):
            assert unsigned.post(USE, {**SIGNED, "shown": shown}).status_code == 302
        assert Questionnaire.objects.count() == 1

    def test_signed_anew_it_supersedes(self, alices: Client, nordlys: Founded) -> None:
        assert sent(alices, end_use="Something else.").status_code == 302
        assert [row.answers["end_use"] for row in Questionnaire.objects.live()] == ["Something else."]
        assert Questionnaire.objects.count() == 2

    def test_a_later_tab_overwrites_nothing_it_has_not_shown(self, alices: Client, nordlys: Founded) -> None:
        opened = alices.get(f"{USE}?anew").context["form"]["shown"].value()
        assert alices.post(USE, {**SIGNED, "end_use": "First.", "shown": opened}).status_code == 302
        later = alices.post(USE, {**SIGNED, "end_use": "Second.", "shown": opened})
        assert later.status_code == 422
        assert list(later.context["form"].errors) == ["__all__", "end_use"]
        assert Questionnaire.objects.live().get().answers["end_use"] == "First."

    def test_a_later_tab_signs_nothing_anew_that_was_signed_meanwhile(self, alices: Client, nordlys: Founded) -> None:
        opened = alices.get(f"{USE}?anew").context["form"]["shown"].value()
        for _ in range(2):
            assert alices.post(USE, {**SIGNED, "shown": opened}).status_code == 302
        assert Questionnaire.objects.count() == 2
        parties.declare_person(
            nordlys.organisation, name="Bo Dahl", country="NO", birth_date="1970-02-03", roles=["signatory"], by=nordlys.by
        )
        later = alices.post(USE, {**SIGNED, "signed_name": "Bo Dahl", "shown": opened})
        assert later.status_code == 422
        assert list(later.context["form"].errors) == ["__all__", "signed_name"]
        assert Questionnaire.objects.count() == 2
        told = {**SIGNED, "signed_name": "Bo Dahl", "shown": later.context["form"]["shown"].value()}
        assert alices.post(USE, told).status_code == 302
        assert Questionnaire.objects.live().get().signed_name == "Bo Dahl"

    def test_a_signature_is_never_filled_in_beforehand(self, alices: Client, nordlys: Founded) -> None:
        assert not alices.get(f"{USE}?anew").context["form"]["signed_name"].value()

    def test_the_page_names_who_may_sign(self, alices: Client, nordlys: Founded) -> None:
        Party.objects.filter(pk=nordlys.controller.pk).update(name="<Alice> Olsen")
        assert "Of one who may sign for you: <bdi>&lt;Alice&gt; Olsen</bdi>" in alices.get(f"{USE}?anew").content.decode()

    def test_before_anybody_is_named_it_leads_to_where_he_is(self, unsigned: Client) -> None:
        Role.objects.all().delete()
        page = unsigned.get(USE).content.decode()
        assert "First say who may sign for you" in page
        assert f'href="{reverse("onboarding:people")}">Do it' in page


class TestOnceVerified:
    """What is signed expires before what was verified does, so it can be signed anew while that lives."""

    @pytest.fixture
    def verified(self, alices: Client, nordlys: Founded, tmp_path: Path) -> Client:
        cast.load_list(tmp_path)
        scenes.approved(scenes.ready(nordlys), ana=staff("analyst", "Ana"), rui=staff("approver", "Rui"))
        return alices

    @pytest.fixture
    def years(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
        """Moves today to so many days before the answers expire."""
        last = Questionnaire.objects.get().expires_on

        def move(days_left: int) -> None:
            monkeypatch.setattr(timezone, "localdate", lambda *at: last - timedelta(days=days_left))

        return move

    def test_what_was_checked_stands_and_the_page_says_so(self, verified: Client) -> None:
        assert (
            "You are verified, and what you told us stands"
            in verified.get(reverse("onboarding:people"), follow=True).content.decode()
        )

    def overview(self, client: Client) -> str:
        return client.get(reverse("onboarding:overview")).content.decode()

    @pytest.mark.parametrize(
        ("days_left", "told"),
        [
            (31, None),
            (30, "What you signed about your use is good until"),
            (0, "What you signed about your use is good until"),
            (-1, "What you signed about your use is no longer good."),
        ],
    )
    def test_from_thirty_days_before_the_overview_asks_for_it(
        self, verified: Client, years: Callable[[int], None], days_left: int, told: str | None
    ) -> None:
        years(days_left)
        page = self.overview(verified)
        assert ("Sign the use anew" in page) is bool(told)
        assert told is None or told in page

    def test_it_is_signed_anew_and_asked_for_no_more(self, verified: Client, years: Callable[[int], None]) -> None:
        first = Questionnaire.objects.get().expires_on
        years(-1)
        assert sent(verified)["Location"] == reverse("onboarding:overview")
        signed = Questionnaire.objects.live().get()
        assert signed.expires_on == first + timedelta(days=1 + 365)
        page = self.overview(verified)
        assert "Signed." in page
        assert "Sign the use anew" not in page

    def test_at_any_time_before_too_and_nothing_else_is_open(self, verified: Client) -> None:
        assert verified.get(USE).status_code == 200
        assert "Go on" not in verified.get(USE).content.decode()
        assert sent(verified, end_use="Something else.").status_code == 302
        for name in ("kind", "company", "people", "owners", "payment", "documents"):
            assert verified.get(reverse(f"onboarding:{name}"))["Location"] == reverse("onboarding:overview")

    def test_not_once_the_entity_has_ended(self, verified: Client, nordlys: Founded) -> None:
        Entity.objects.update(ended_at=timezone.now(), end_reason="A test.")
        assert verified.get(USE)["Location"] == reverse("onboarding:overview")
        with pytest.raises(steps.NotEditable), steps.signing(nordlys.organisation, by=nordlys.by):
            pass
        assert "Sign the use anew" not in self.overview(verified)

    def test_nor_while_a_new_case_is_being_examined(self, verified: Client, nordlys: Founded) -> None:
        case = cases.open_case(nordlys.organisation, notice_version="2026-11", locale="en", by=nordlys.by)
        with steps.signing(nordlys.organisation, by=nordlys.by):
            pass
        now = timezone.now()
        Case.objects.filter(pk=case.pk).update(
            state="submitted", submitted_at=now, submitted_by=nordlys.by, declared_true_at=now, declared_true_by=nordlys.by
        )
        with pytest.raises(steps.NotEditable), steps.signing(nordlys.organisation, by=nordlys.by):
            pass
