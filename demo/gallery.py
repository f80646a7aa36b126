"""Every component on one page in each of its states, for whoever builds the next one."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.looking import Look
from accounts.models import Organisation, User
from kyc.onboarding.placing import Addressed, asks_address
from kyc.usage.daily import Stretch, Used, total
from kyc.usage.picture import drawn

LONG = "Gesellschaft für angewandte Sprachmodellierung und Rechenzentrumsbetrieb Mecklenburgische Seenplatte mbH & Co. KG aA"
NAMES = (
    ("Lotus Inference Ltd", "莲花推理有限公司", "high", 82),
    ("Al Ufuq Computing LLC", "شركة الأفق للحوسبة", "low", 9),
    ("Severnyi Veter OOO", "ООО «Северный ветер»", "medium", 51),
    ("Nordlys Modelling AS", "", "medium", 44),
    (LONG, "", "low", 12),
    ("Tel Aviv Models Ltd", "דגמי תל אביב בע״מ", "low", 3),
    ("Hanok AI Co.", "주식회사 한옥에이아이", "high", 77),
)
THEMES = (("", "As the system"), ("light", "Light"), ("dark", "Dark"))


class Sample(forms.Form):
    name = forms.CharField(label="Full legal name", help_text="As it stands in the register.")
    email = forms.EmailField(label="E-mail")
    born = forms.DateField(label="Date of birth", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    country = forms.ChoiceField(label="Country", choices=[("NO", "Norway"), ("JO", "Jordan")])
    kind = forms.ChoiceField(
        label="The owner is", choices=[("person", "A person"), ("company", "A company")], widget=forms.RadioSelect
    )
    roles = forms.MultipleChoiceField(
        label="What this person is",
        choices=[("controller", "The one controlling person"), ("director", "A director")],
        widget=forms.CheckboxSelectMultiple,
    )
    file = forms.FileField(label="File", help_text="PDF, JPEG or PNG, up to 15 MB.", required=False)
    note = forms.CharField(label="Note for the file", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    true = forms.BooleanField(label="What I have told you is true and complete.")


@asks_address("seat", gettext_lazy("Address of the seat"), help_text=gettext_lazy("Where people work, not a post box."))
@asks_address("other", gettext_lazy("Another address"), required=False)
class Places(Addressed):
    pass


def places() -> Places:
    """Each of another country, one of them told in one piece before, and something wrong with both."""
    typed = {"seat_country": "JP", "seat_area": "東京都", "seat_postal_code": "100", "other_country": "US", "other_street": LONG}
    return Places(typed, initial={"other": LONG}, auto_id="places_%s")


def disabled() -> Sample:
    form = Sample(initial={"name": LONG, "email": "ana@keyholder.example", "kind": "person"}, auto_id="off_%s")
    for field in form.fields.values():
        field.disabled = True
    return form


@dataclass(frozen=True)
class Row:
    name: str
    native: str
    band: str
    score: int

    @property
    def tone(self) -> str:
        return {"high": "bad", "medium": "warn", "low": "good"}[self.band]


SORTS = {"name": "Organisation", "score": "Risk"}


def table(query: Any) -> dict[str, Any]:
    """Sorted and paged by the address alone, so that it works without script and can be sent to a colleague."""
    by = query.get("by") if query.get("by") in SORTS else "name"
    falling = query.get("way") == "down"
    rows = sorted((Row(*row) for row in NAMES), key=lambda row: getattr(row, by), reverse=falling)
    page = Paginator(rows, 4).get_page(query.get("page"))
    here = f"?by={by}&way={'down' if falling else 'up'}"

    def column(name: str, label: str) -> dict[str, Any]:
        sorted_here = ("descending" if falling else "ascending") if name == by else ""
        way = "down" if name == by and not falling else "up"
        return {"label": label, "url": f"?by={name}&way={way}#table", "sorted": sorted_here}

    return {
        "rows": page.object_list,
        "columns": [*(column(name, label) for name, label in SORTS.items()), {"label": "Due"}, {"label": "Owner"}],
        "first": page.start_index(),
        "last": page.end_index(),
        "total": len(rows),
        "newer": f"{here}&page={page.previous_page_number()}#table" if page.has_previous() else "",
        "older": f"{here}&page={page.next_page_number()}#table" if page.has_next() else "",
    }


def tab(label: str, count: int | None = None, **more: Any) -> dict[str, Any]:
    return {"label": label, "url": "#tabs", "count": count, **more}


def step(number: int, label: str, *, done: bool = False, here: bool = False) -> dict[str, Any]:
    return {"number": number, "label": label, "url": "#steps", "done": done, "here": here}


def use(*counts: int) -> dict[str, Any]:
    """By day up to today; a tenth of each went wrong."""
    stretch = Stretch(timezone.now().date(), len(counts))
    days = [Used(day, count, count * 700, count * 260, count // 10, 0) for day, count in zip(stretch.each(), counts, strict=True)]
    picture = drawn([(day.what, day.requests, day.bad) for day in days])
    return {"days": days, "picture": picture, "total": total(days), "stretch": stretch}


def samples(query: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "form": Sample(initial={"name": "Helios Compute FZE", "kind": "company"}, auto_id="form_%s"),
        "wrong": Sample({"name": "", "email": "ana", "kind": "nobody"}, auto_id="wrong_%s"),
        "disabled": disabled(),
        "places": places(),
        "stopped": {"until": now + dt.timedelta(days=1)},
        "used": [use(*(number * 7919 % 48_611 for number in range(30))), use(0, 0, 3), use(10**15, 1, 0)],
        "table": table(query),
        "long": LONG,
        "names": NAMES,
        "themes": THEMES,
        "theme": query.get("theme") if query.get("theme") in {"light", "dark"} else "",
        "tones": ["good", "warn", "bad", "info", "neutral"],
        "tabs": [tab("Summary", active=True), tab("People and ownership", mark="bad"), tab("Documents", 6), tab("Keys", 0)],
        "end": [tab("Mine", 5), tab("Unassigned", 8)],
        "steps": [
            step(1, "About the company", done=True),
            step(2, "People", done=True),
            step(3, "Documents", here=True),
            step(4, "Check and send"),
        ],
        "events": [
            {"who": "Screening", "what": "found 2 possible matches", "at": now - dt.timedelta(hours=3), "tone": "info"},
            {"who": "Ana M.", "what": "took the case", "at": now - dt.timedelta(days=2), "detail": "from the queue"},
            {"who": "شركة الأفق للحوسبة", "what": "sent its answers", "at": now - dt.timedelta(days=12), "tone": "good"},
            {"who": LONG, "what": "was opened", "at": now - dt.timedelta(days=40), "tone": "warn"},
        ],
        "facts": [("Form", "Free-zone establishment"), ("Name", LONG), ("In its script", "莲花推理有限公司"), ("Domain", "")],
        "nobody": AnonymousUser(),
        "customer": User(name="شركة الأفق للحوسبة", email="ufuq@ufuq.example"),
        "officer": User(name="Ana Marić", email="ana.maric@a-rather-long-domain-of-an-officer.example", staff_role="analyst"),
        "company": Organisation(name=LONG, sandbox=Organisation.Sandbox.HELD),
        "helper": User(name="Tove Lindqvist", email="tove@keyholder.example", staff_role="support"),
        "look": Look(Organisation(name=LONG), now + dt.timedelta(minutes=30), case=1),
        "nav": [
            {"label": "Keys", "url": "#menus"},
            {"label": "Verification", "url": "#menus", "active": True, "count": 3},
        ],
        "said": [Said(level, f"A message of level {level}.") for level in ("success", "info", "warning", "error")],
        "late": now - dt.timedelta(days=1, hours=3),
        "today": now + dt.timedelta(hours=2),
        "later": now + dt.timedelta(days=3, hours=1),
    }


@dataclass(frozen=True)
class Said:
    """As Django's messages framework keeps it."""

    level_tag: str
    text: str

    def __str__(self) -> str:
        return self.text


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "ui.html", samples(request.GET))
