"""Whatever people read is marked for translation: words in templates, and what forms say of their fields."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.urls import get_resolver
from django.utils.functional import Promise

BASE = Path(__file__).parents[1]
# Not for customers or officers: the demo's gallery of components, and what stands round its invented world.
EXEMPT = ("ui.html", "demo/")
# The brand, and what is called so in every language.
BRAND = {"Keyholder", "UTC", "SHA"}
MARKED = re.compile(r"{%-?\s*blocktrans(?:late)?\b.*?{%-?\s*endblocktrans(?:late)?\s*-?%}", re.DOTALL)
UNSEEN = re.compile(
    r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->|<(script|style|svg)\b.*?</\1>|<!doctype[^>]*>"
    r"|{% block face %}.*?{% endblock[^%]*%}|\b\w+\.(?:json|txt)\b",
    re.DOTALL | re.IGNORECASE,
)
CODE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
# Attributes that are read out or shown.
SPOKEN = re.compile(r"""\b(?:aria-label|title|placeholder|alt|data-done)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
TAG = re.compile(r"<[^>]*>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


def unmarked(template: str) -> list[str]:
    """The words of a template that no translator would ever see."""
    text = CODE.sub("\N{OBJECT REPLACEMENT CHARACTER}", UNSEEN.sub(" ", MARKED.sub(" ", template)))
    spoken = [one or other for one, other in SPOKEN.findall(text)]
    parts = [*TAG.sub("\n", text).splitlines(), *spoken]
    return [part.strip() for part in parts if set(WORD.findall(part)) - BRAND]


def templates() -> list[Path]:
    found = (path.relative_to(BASE / "templates") for path in (BASE / "templates").rglob("*.html"))
    return sorted(path for path in found if not str(path).startswith(EXEMPT))


class TestTemplates:
    @pytest.mark.parametrize("path", templates(), ids=str)
    def test_have_no_unmarked_words(self, path: Path) -> None:
        words = unmarked((BASE / "templates" / path).read_text())
        assert not words, f"templates/{path}: put these into translate or blocktranslate: {words}"

    @pytest.mark.parametrize(
        ("template", "found"),
        [
            ("<p>Hello there</p>", ["Hello there"]),
            ('<p>{% translate "Hello there" %}</p>', []),
            ("<p>{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}</p>", []),
            ('<a title="Open it" class="button">{{ label }} · 12 %</a>', ["Open it"]),
            ("{% if a %}and{% endif %}", ["\N{OBJECT REPLACEMENT CHARACTER}and\N{OBJECT REPLACEMENT CHARACTER}"]),
            ("{# A comment. #}<b>Keyholder</b>", []),
        ],
    )
    def test_are_read_as_a_reader_does(self, template: str, found: list[str]) -> None:
        assert unmarked(template) == found


def form_classes(base: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    for form in base.__subclasses__():
        if form.__module__.split(".")[0] in {"accounts", "kyc", "reports"}:
            yield form
        yield from form_classes(form)


def said(form: type[forms.BaseForm]) -> Iterator[tuple[str, object]]:
    for name, field in form.base_fields.items():  # type: ignore[attr-defined]  # every declared form's
        if not field.widget.is_hidden:
            yield f"{name}.label", field.label
        if field.help_text:
            yield f"{name}.help_text", field.help_text
        choices = field.__dict__.get("_choices", ())
        for value, label in choices if isinstance(choices, list | tuple) else ():
            yield from [(f"{name}: {value}", label)] if label else []


class TestForms:
    def test_say_nothing_that_is_not_marked(self) -> None:
        assert get_resolver().url_patterns  # which imports every form
        forms_found = set(form_classes())
        assert len(forms_found) > 10
        for form in forms_found:
            for what, words in said(form):
                if isinstance(words, list | tuple):
                    continue
                assert isinstance(words, Promise), f"{form.__module__}.{form.__name__} {what}: mark {words!r} with gettext_lazy"
