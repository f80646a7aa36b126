"""Many owners at once, from a file: tried first, or entered; a row that can't be entered is told beside its place."""

from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Organisation
from kyc.onboarding import steps, whose
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Page
from kyc.onboarding.pages import page, posted
from kyc.ownership import filed, filing
from kyc.ownership.bods import schema
from kyc.ownership.bods.statements import parse
from kyc.parties import actions as parties

LARGEST = 1_000_000
# Each holding has at most a few: who owns, who is owned, and what lies between.
MOST_STATEMENTS = 5 * filed.MOST_ROWS
CHOOSE = {"required": gettext_lazy("Choose a file."), "invalid": gettext_lazy("Choose a file.")}


class FileForm(Page):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV in UTF-8, or JSON of the Beneficial Ownership Data Standard 0.4; at most 1 MB and 300 rows."),
        widget=forms.FileInput(attrs={"accept": ".csv,.json,text/csv,application/json"}),
        allow_empty_file=True,
        error_messages=CHOOSE,
    )

    def clean_file(self) -> filed.Filed:
        try:
            return understood(self.cleaned_data["file"])
        except filed.BadFile as bad:
            raise forms.ValidationError(str(bad)) from None


@while_open("owners")
def from_file(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    form = FileForm(posted(request), request.FILES if request.method == "POST" else None)
    found: list[filing.Entered] = []
    if form.acted(lambda: found.append(entered(request, organisation, form.cleaned_data["file"]))) and found[0].is_kept:
        number = len(found[0].named) + len(found[0].changed)
        told = ngettext("%(n)s owner entered.", "%(n)s owners entered.", number) % {"n": number}
        messages.success(request, told if number else _("All of it stands there already."))
        return redirect("onboarding:owners")
    result = found[0] if found else None
    context = {"form": form, "result": result, "customer": parties.customer(organisation)}
    answer = page(request, organisation, "owners_file", step="owners", **context)
    if result and result.refused:
        answer.status_code = 422
    return answer


def entered(request: HttpRequest, organisation: Organisation, found: filed.Filed) -> filing.Entered:
    with steps.editing(organisation, "owners") as case:
        whose.refuse_some(organisation, case, whose.OWNERS)
        return filing.enter(organisation, found, only_try="try" in request.POST, by=request.user)


def understood(file: UploadedFile) -> filed.Filed:
    if file.size is not None and file.size > LARGEST:
        raise filed.BadFile(_("The file is larger than 1 MB. Enter it in parts."))
    try:
        content = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise filed.BadFile(_("The file is not written in UTF-8. Save it as “CSV UTF-8”.")) from None
    if content.lstrip().startswith(("[", "{")):
        return from_json(content)
    return filed.from_csv(content)


def from_json(content: str) -> filed.Filed:
    try:
        statements = parse(content)
    except (ValueError, RecursionError) as bad:
        raise filed.BadFile(_("The file is no JSON: %(reason)s") % {"reason": bad}) from None
    if isinstance(statements, list) and len(statements) > MOST_STATEMENTS:
        raise filed.BadFile(_("The file has more than %(most)s statements. Enter it in parts.") % {"most": MOST_STATEMENTS})
    if error := schema.first(statements):
        raise filed.BadFile(f"{error.path}: {error.message}")
    return filed.from_statements(statements, on=datetime.now(UTC).date())
