"""What the components need beyond plain includes."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.templatetags import ui


def before(**distance: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**distance)


def after(**distance: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(**distance, seconds=5)


class TestAge:
    @pytest.mark.parametrize(
        ("since", "words"),
        [
            ({"seconds": 3}, "1 min"),
            ({"minutes": 20}, "20 min"),
            ({"hours": 5, "minutes": 59}, "5 h"),
            ({"days": 2, "hours": 3}, "2 d"),
        ],
    )
    def test_it_is_the_largest_whole_unit(self, since: dict[str, float], words: str) -> None:
        assert f"<span>{words}</span>" in ui.age(before(**since))

    def test_nothing_has_no_age(self) -> None:
        assert ui.age(None) == ""


class TestAgo:
    def test_the_exact_instant_stands_in_the_title(self) -> None:
        instant = before(hours=3)
        assert f'title="{instant:%-d %B %Y, %H:%M} UTC"' in ui.ago(instant)
        assert "<span>3 h ago</span>" in ui.ago(instant)

    def test_after_a_month_the_date_says_more(self) -> None:
        assert "<span>2 Jan 2020</span>" in ui.ago(dt.datetime(2020, 1, 2, tzinfo=dt.UTC))


class TestDue:
    def test_an_instant_past_is_late(self) -> None:
        assert '<span class="badge bad">1 d late</span>' in ui.due(before(days=1, hours=2))

    def test_an_instant_far_off_is_plain(self) -> None:
        assert "<span>3 d left</span>" in ui.due(after(days=3))

    def test_an_instant_within_a_day_names_the_hour(self) -> None:
        soon = after(minutes=1)
        assert '<span class="badge warn">to' in ui.due(soon)
        assert f"{soon:%H:%M}</span>" in ui.due(soon)

    @pytest.mark.parametrize(("days", "words"), [(-2, "2 d late"), (0, "today"), (5, "5 d left")])
    def test_a_day_is_counted_in_days(self, days: int, words: str) -> None:
        assert f">{words}<" in ui.due(timezone.localdate() + dt.timedelta(days=days))


class TestInitials:
    @pytest.mark.parametrize(("name", "letters"), [("Ana Marić", "AM"), ("Jo", "J"), ("Ana de la Cruz", "AC"), ("", "?")])
    def test_they_are_at_most_two(self, name: str, letters: str) -> None:
        assert ui.initials(name) == letters


class TestCan:
    def test_a_stranger_can_nothing(self) -> None:
        assert not ui.can(AnonymousUser(), "case_view")

    def test_it_asks_the_person(self) -> None:
        auditor = SimpleNamespace(is_authenticated=True, can=lambda permission: permission == "report_view")
        assert ui.can(auditor, "report_view")
        assert not ui.can(auditor, "case_view")


class TestCard:
    def test_the_content_stands_in_the_body_and_is_escaped_once(self) -> None:
        template = Template("{% load ui %}{% card title=title %}<p>{{ name }}</p>{% endcard %}")
        page = template.render(Context({"title": "A & B", "name": "<b>"}))
        assert "<h2>A &amp; B</h2>" in page
        assert '<div class="body"><p>&lt;b&gt;</p></div>' in page


class TestForm:
    class Sample(forms.Form):
        name = forms.CharField(label="Name", help_text="As in the register.")
        kind = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)

    def test_each_error_in_the_summary_links_to_its_field(self) -> None:
        page = render_to_string("components/form.html", {"form": self.Sample({})})
        assert '<a href="#id_name">' in page
        assert '<a href="#id_kind_0">' in page
        assert 'id="id_kind_0"' in page

    def test_the_field_names_its_help_and_its_error(self) -> None:
        page = render_to_string("components/form.html", {"form": self.Sample({})})
        described = page.split('aria-describedby="')[1].split('"')[0].split()
        assert described
        assert all(f'id="{name}"' in page for name in described)

    def test_a_sound_form_has_no_summary(self) -> None:
        assert "error-summary" not in render_to_string("components/form.html", {"form": self.Sample()})


class TestIsolated:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("Nordlys holds 50 %.", "Nordlys holds 50 %."),
            ("X holds 50 % of شركة الأفق: 33 %", "X holds 50 % of <bdi>شركة الأفق</bdi>: 33 %"),
            ("שלום 50 % of أفق", "<bdi>שלום</bdi> 50 % of <bdi>أفق</bdi>"),
            ("<b>أفق</b>", "&lt;b&gt;<bdi>أفق</bdi>&lt;/b&gt;"),
        ],
    )
    def test_right_to_left_words_keep_to_themselves(self, text: str, shown: str) -> None:
        assert ui.isolated(text) == shown
