"""What applies to a customer who sells access on: its agreement, what has to be put right and until when, and whom it serves."""

import csv
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from kyc.directives.resellers import actions
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.onboarding.access import members_only
from kyc.onboarding.agencies import send
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import SentFile
from kyc.onboarding.pages import page, posted

LARGEST = 100_000
COLUMNS = 3


class DownstreamForm(Page):
    downstream = forms.CharField(
        label=gettext_lazy("Countries"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "A country a line: its two letters, how many customers, how many of them verified. Such as DE,120,118."
        ),
    )
    file = forms.FileField(label=gettext_lazy("Or a CSV file of the same"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        sent = cleaned.get("file")
        if sent is not None and sent.size > LARGEST:
            self.add_error("file", _("The file is too large."))
            return cleaned
        try:
            written = sent.read().decode("utf-8-sig") if sent is not None else cleaned.get("downstream", "")
        except UnicodeDecodeError:
            self.add_error("file", _("The file is no text."))
            return cleaned
        try:
            cleaned["counts"] = counts(written)
        except ValueError as wrong:
            self.add_error("file" if sent is not None else "downstream", str(wrong))
        return cleaned


class ShowsForm(Page):
    """Apart from the other file of the page."""

    prefix = "shows"
    file = SentFile(label=gettext_lazy("A document"))


def counts(written: str) -> dict[str, tuple[int, int]]:
    """By country; a first line of words is a heading. Raises ValueError with a sentence that names the line."""
    found: dict[str, tuple[int, int]] = {}
    for number, cells in enumerate(csv.reader(written.splitlines()), start=1):
        told = [cell.strip() for cell in cells]
        if not any(told) or (number == 1 and told[0].lower() == "country"):
            continue
        numbers = [cell for cell in told[1:] if cell.isascii() and cell.isdigit() and len(cell) < 10]
        if len(told) != COLUMNS or len(numbers) != COLUMNS - 1:
            raise ValueError(_("Line %(number)s: write a country and two numbers, such as DE,120,118.") % {"number": number})
        if told[0].upper() in found:
            raise ValueError(_("Line %(number)s: this country stands above already.") % {"number": number})
        found[told[0].upper()] = (int(numbers[0]), int(numbers[1]))
    return found


def standing(organisation: Organisation) -> list[ResellerAssessment]:
    """What has to be put right, the first day first."""
    return list(ResellerAssessment.objects.standing().filter(organisation=organisation).order_by("due_on", "pk"))


@members_only
def own(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    found = Reseller.objects.filter(organisation=organisation).select_related("agreement").first()
    initial = "\n".join(f"{code},{count},{ok}" for code, (count, ok) in found.downstream.items()) if found else ""
    if found is None and request.method == "POST":
        raise Http404
    is_paper = ShowsForm.prefix in request.POST
    sent = (posted(request), request.FILES or None)
    countries = DownstreamForm(*(() if is_paper else sent), initial={"downstream": initial})
    shows = ShowsForm(*(sent if is_paper else ()))
    if is_paper and shows.acted(lambda: send(organisation, shows.told["file"], by=request.user)):
        messages.success(request, _("Thank you. An officer reads it."))
        return redirect("onboarding:resale")
    if found and countries.acted(lambda: actions.declare(found, countries.cleaned_data["counts"], by=request.user)):
        messages.success(request, _("Thank you. It is here."))
        return redirect("onboarding:resale")
    return page(
        request,
        organisation,
        "resale",
        steps=[],
        reseller=found,
        standing=standing(organisation),
        form=shows if is_paper else countries,
        countries=countries,
        shows=shows,
    )
