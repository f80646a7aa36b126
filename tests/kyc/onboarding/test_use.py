"""Intended use: asked on one page, signed by name, shown afterwards, signed anew."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc.parties.models import Questionnaire
from tests.cast import ANSWERS, Founded, founded, signed_in

USE = reverse("onboarding:use")
SIGNED = {**ANSWERS, "signed_name": "Alice Olsen"}


@pytest.fixture
def unsigned(alice: Any) -> Client:
    """Nordlys, which has told nothing of its use yet."""
    founded(alice, told=False)
    return signed_in(alice)


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
