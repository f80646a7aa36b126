"""Whatever people read is marked for translation: words in templates, mails, refusals, rules, and what forms say."""

import ast
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.urls import get_resolver
from django.utils.functional import Promise

from kyc.ownership import sentences as of_shares
from kyc.rules import packs
from kyc.rules import sentences as of_rules

BASE = Path(__file__).parents[1]
# Not for customers or officers: the demo's gallery of components, and what stands round its invented world.
EXEMPT = ("ui.html", "demo/")
# The brand, and what is called so in every language.
BRAND = {"Keyholder", "UTC", "SHA"}
MARKED = re.compile(r"{%-?\s*blocktrans(?:late)?\b.*?{%-?\s*endblocktrans(?:late)?\s*-?%}", re.DOTALL)
UNSEEN = re.compile(
    r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->|<(script|style|svg|code|pre)\b.*?</\1>|<!doctype[^>]*>"
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
    """Pages, and mails as they are read without pictures."""
    root = BASE / "templates"
    found = (path.relative_to(root) for path in (*root.rglob("*.html"), *root.rglob("*.txt")))
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


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for app in ("accounts", "kyc", "reports"):
        for path in sorted((BASE / app).rglob("*.py")):
            yield path.relative_to(BASE), ast.parse(path.read_text())


def refusals(read: Sequence[tuple[Path, ast.Module]]) -> set[str]:
    """The names of all that is Refused, whose message is fit to show."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for _path, tree in read
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"Refused"}
    while more := {name for name, of in bases.items() if of & found} - found:
        found |= more
    return found


def called(node: ast.Call) -> str:
    """The last word of what is called, empty where that is no name."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def bare(tree: ast.Module, names: set[str]) -> list[str]:
    """Refusals whose sentence is a plain or formatted literal; a first word without a space is the name of a field."""
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in names
        for argument in node.args
        if isinstance(argument, ast.JoinedStr) or (isinstance(argument, ast.Constant) and " " in str(argument.value))
    ]


class TestRefusals:
    def test_say_nothing_that_is_not_marked(self) -> None:
        read = list(trees())
        names = refusals(read)
        assert {"NotNow", "BadText", "NoEntity"} <= names
        found = [f"{path} {line}" for path, tree in read for line in bare(tree, names)]
        assert not found, f"mark these with gettext: {found}"

    @pytest.mark.parametrize(
        ("line", "is_bare"),
        [
            ('raise NotNow("It is too late.")', True),
            ('raise cases.NotNow(f"{case} is over.")', True),
            ('raise BadText("name", "Write it out.")', True),
            ('raise BadText("name", _("Write it out."))', False),
            ('raise ValueError("not a refusal")', False),
        ],
    )
    def test_are_read_as_written(self, line: str, is_bare: bool) -> None:
        assert bool(bare(ast.parse(line), {"NotNow", "BadText"})) == is_bare


def of_questions(data: dict[str, Any]) -> Iterator[str]:
    yield from (data["title"], data["statement"], *(row["title"] for row in data["offerings"]))
    for row in data["questions"]:
        yield row["text"]
        yield from ([row["why"]] if "why" in row else [])
        yield from (*row.get("options", {}).values(), *row.get("flags", {}).values())


def of_assurance(file: dict[str, Any]) -> Iterator[str]:
    """Every text of the rules of assurance that somebody reads on a page."""
    for part in ("validations", "told"):
        yield from file[part].values()
    for part in ("verifications", "kinds"):
        yield from (row["title"] for row in file[part].values())
    for guideline in file["guidelines"].values():
        yield from (guideline["title"], *guideline["notes"], *(level["title"] for level in guideline["levels"]))
    yield from (text for group in file["reasons"].values() for text in group.values())


class TestRules:
    """What data says, no translator sees in it: it stands in a module, marked."""

    def test_every_sentence_of_the_questions_is_marked(self) -> None:
        files = sorted(packs.FOLDER.glob("questionnaire_*.json"))
        assert {said for file in files for said in of_questions(json.loads(file.read_text()))} == set(of_rules.QUESTIONS)

    def test_so_is_every_factor_of_the_risk(self) -> None:
        files = sorted(packs.FOLDER.glob("pack_*.json"))
        factors = [row for file in files for row in json.loads(file.read_text())["risk"]["factors"].values()]
        assert {row["sentence"] for row in factors} - set(of_rules.QUESTIONS) == set(of_rules.FACTORS)

    def test_so_is_what_a_key_may_do(self) -> None:
        files = [json.loads(file.read_text())["keys"] for file in sorted(packs.FOLDER.glob("pack_*.json"))]
        titles = {row["title"] for file in files for kind in ("scopes", "tiers") for row in file[kind].values()}
        assert titles == set(of_rules.KEYS)

    def test_so_is_what_use_indicates(self) -> None:
        files = [json.loads(file.read_text()) for file in sorted(packs.FOLDER.glob("indicators_*.json"))]
        said = {text for file in files for row in file["heads"].values() for text in (row["title"], *row["unmeasured"])}
        for row in (row for file in files for row in file["indicators"].values()):
            said |= {row[name] for name in ("label", "sentence", "lacking")} - {""}
        assert said == set(of_rules.INDICATORS)

    def test_so_is_what_makes_sure_of_somebody(self) -> None:
        files = [json.loads(file.read_text()) for file in sorted(packs.FOLDER.glob("assurance_*.json"))]
        assert {text for file in files for text in of_assurance(file)} == set(of_rules.ASSURANCE)

    def test_and_what_is_said_of_a_bad_share(self) -> None:
        tree = ast.parse((BASE / "kyc/ownership/shares.py").read_text())
        said = [node.args[0] for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "BadShare"]
        complaint = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "complaint")
        said += [node.value for node in ast.walk(complaint) if isinstance(node, ast.Return)]
        assert {node.value for node in said if isinstance(node, ast.Constant)} == set(of_shares.BAD_SHARES)
