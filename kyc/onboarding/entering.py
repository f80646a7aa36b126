"""Many owners at once, from a file: tried first, or entered; a row that can't be entered is told beside its place."""

import json
from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
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
# What is wrong at a place of the file, by the word of JSON Schema that it breaks: the library's own words are for programmers.
WRONG: dict[str, Promise] = {
    "type": gettext_lazy("what stands there is of another kind than the standard has there."),
    "required": gettext_lazy("something that the standard asks for there is missing."),
    "enum": gettext_lazy("it is none of the words that the standard knows there."),
    "const": gettext_lazy("it is none of the words that the standard knows there."),
    "format": gettext_lazy("it is not written as the standard has it, such as a day as 2026-03-15."),
    "pattern": gettext_lazy("it is not written as the standard has it."),
    "minLength": gettext_lazy("it is too short."),
    "maxLength": gettext_lazy("it is too long."),
    "minimum": gettext_lazy("the number is too small."),
    "exclusiveMinimum": gettext_lazy("the number is too small."),
    "maximum": gettext_lazy("the number is too large."),
    "exclusiveMaximum": gettext_lazy("the number is too large."),
}
OTHERWISE = gettext_lazy("it does not fit the Beneficial Ownership Data Standard 0.4.")


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
    if is_json(content, file.name or ""):
        return from_json(content)
    return filed.from_csv(content)


def is_json(content: str, name: str) -> bool:
    return name.lower().endswith(".json") or content.lstrip().startswith(("[", "{"))


def from_json(content: str) -> filed.Filed:
    try:
        statements = parse(content)
    except json.JSONDecodeError as bad:
        raise filed.BadFile(_("The file is no JSON: line %(line)s cannot be read.") % {"line": bad.lineno}) from None
    except RecursionError:
        raise filed.BadFile(_("The file is nested too deeply.")) from None
    except ValueError:
        # Such as NaN, which JSON does not have, or thousands of digits.
        raise filed.BadFile(_("The file is no JSON: it holds a number that is none, or has too many digits.")) from None
    if not isinstance(statements, list):
        raise filed.BadFile(_("The file is no list of statements, as the Beneficial Ownership Data Standard has it."))
    if len(statements) > MOST_STATEMENTS:
        raise filed.BadFile(_("The file has more than %(most)s statements. Enter it in parts.") % {"most": MOST_STATEMENTS})
    if error := schema.first(statements):
        raise filed.BadFile(f"{error.path}: {WRONG.get(error.keyword, OTHERWISE)}")
    return filed.from_statements(statements, on=datetime.now(UTC).date())
