"""Every component on one page, for whoever builds the next one."""

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe


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


def tab(label: str, count: int | None = None, **more: Any) -> dict[str, Any]:
    return {"label": label, "url": "#", "count": count, **more}


def step(number: int, label: str, *, done: bool = False, here: bool = False) -> dict[str, Any]:
    return {"number": number, "label": label, "url": "#", "done": done, "here": here}


def samples() -> dict[str, Any]:
    now = timezone.now()
    return {
        "form": Sample(initial={"name": "Helios Compute FZE", "kind": "company"}),
        "wrong": Sample({"name": "", "email": "ana", "kind": "person"}, auto_id="wrong_%s"),
        "tones": ["good", "warn", "bad", "info", "neutral"],
        "tabs": [tab("Summary", active=True), tab("People and ownership", mark="bad"), tab("Documents", 6)],
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
            {"who": "Helios Compute FZE", "what": "sent its answers", "at": now - dt.timedelta(days=40), "tone": "good"},
        ],
        "facts": [("Form", "Free-zone establishment"), ("Headquarters", "Ras Al Khaimah, AE"), ("Domain", "")],
        "late": now - dt.timedelta(days=1, hours=3),
        "today": now + dt.timedelta(hours=2),
        "later": now + dt.timedelta(days=3, hours=1),
    }


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "ui.html", samples())
