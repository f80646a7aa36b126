"""Fields that we draw with templates of our own read as Django's do."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

GROUPED = [("", ""), ("North", [("NO", "Norway"), ("SE", "<Sweden> & co")]), ("x'\"", "Elsewhere")]


class Barred(forms.Select):
    def create_option(self, *args: object, **kwargs: object) -> dict[str, object]:
        made: dict[str, object] = super().create_option(*args, **kwargs)
        made["attrs"] |= {"disabled": True, "data-why": "a<b", "hidden": False}  # type: ignore[operator]
        return made


class TestSelect:
    @pytest.mark.parametrize("widget", [forms.Select, forms.SelectMultiple, Barred], ids=lambda made: made.__name__)
    @pytest.mark.parametrize("value", ["SE", "x'\"", None], ids=str)
    def test_holds_what_djangos_holds(self, widget: type[forms.Select], value: str | None) -> None:
        asked = widget(attrs={"required": True, "class": "short", "hidden": False}, choices=GROUPED)
        ours = asked.render("country", [value], renderer=None)
        assert "North" in ours
        assert ours.split() == asked.render("country", [value], renderer=DjangoTemplates()).split()
