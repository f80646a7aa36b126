"""An administrator sends a file of keys that were issued elsewhere, reads what would come of it, and has it taken over."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts import scope
from accounts.elevated import elevated
from accounts.guards import staff
from accounts.models import User
from accounts.organisations import printable
from accounts.permissions import Permission
from accounts.progress import of_job
from accounts.refused import Refused
from kyc.desk.forms import DeskForm
from kyc.keys import estate_imports
from kyc.keys.estate_file import COLUMNS as FILE_COLUMNS
from kyc.keys.estate_file import NEEDED
from kyc.keys.estate_import_models import EstateImport

UNPROCESSABLE = 422
S = EstateImport.State
IT = _("The file")
TONES = {S.WAITING: "info", S.HELD: "warn", S.DONE: "good", S.DISCARDED: "neutral", S.FAILED: "bad"}
COLUMNS = [
    {"label": _("File")},
    {"label": _("Where it stands")},
    {"label": _("Keys"), "num": True},
    {"label": _("Refused lines"), "num": True},
    {"label": _("Sent, UTC")},
]
# Files and sentences that a page shows; the others are counted.
SHOWN, FAULTS_SHOWN = 20, 200


class EstateForm(DeskForm):
    missing = {"file": _("Choose a file.")}

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_("CSV in UTF-8, with digests and never with keys; at most 200,000 rows and 30 MB."),
    )

    def clean_file(self) -> str:
        given: UploadedFile = self.cleaned_data["file"]
        self.named = printable(given.name or "")[:200] or _now("file")
        if (given.size or 0) > estate_imports.LARGEST:
            raise forms.ValidationError(_("The file is larger than 30 MB. Send it in parts."))
        try:
            return given.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The file is not in UTF-8. Save it as “CSV UTF-8”.")) from None


def files() -> QuerySet[EstateImport]:
    """Without what they contain, which is large and opened by the worker alone."""
    return EstateImport.objects.defer("content", "faults").select_related("asked_by", "begun_by").order_by("-pk")


@staff(Permission.ESTATE_IMPORT, in_parts=True)
def send(request: HttpRequest) -> HttpResponse:
    form = EstateForm(*([request.POST, request.FILES] if request.method == "POST" else []))
    if form.is_bound and form.is_valid():
        try:
            made = estate_imports.send(form.cleaned_data["file"], name=form.named, by=request.user)
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), str(refused))
        else:
            return redirect("desk:estate_file", made.pk)
    with scope.of_officer(request.user):
        sent = [{"file": one, "tone": TONES[S(one.state)]} for one in files()[:SHOWN]]
        told = [{"name": name, "is_needed": name in NEEDED} for name in FILE_COLUMNS]
        shown = {"form": form, "sent": sent, "columns": COLUMNS, "told": told, "has_forms": bool(settings.ESTATE_FORMS)}
        return render(request, "desk/estate_import.html", shown, status=UNPROCESSABLE if form.errors else 200)


@staff(Permission.ESTATE_IMPORT)
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The page asks again every second while a worker is at it; without JavaScript the reader reloads."""
    found = get_object_or_404(EstateImport.objects.defer("content").select_related("asked_by", "begun_by"), pk=pk)
    shown: dict[str, Any] = {"file": found, "tone": TONES[S(found.state)], "is_moving": found.state == S.WAITING}
    if shown["is_moving"]:
        shown["progress"] = of_job(IT, found, found.begun_at or found.asked_at)
    shown["faults"] = [{"line": line, "sentence": sentence} for line, sentence in found.faults[:FAULTS_SHOWN]]
    shown["more_faults"] = max(0, found.refused - FAULTS_SHOWN)
    template = "desk/estate_file_state.html" if request.htmx else "desk/estate_file.html"  # type: ignore[attr-defined]  # django-htmx
    return render(request, template, shown)


def beginning(request: HttpRequest, pk: int) -> str:
    found = get_object_or_404(files(), pk=pk)
    return _now("Take over %(n)s keys from the file %(name)s") % {"n": found.new, "name": found.name}


@staff(Permission.ESTATE_IMPORT)
@require_POST
@elevated(beginning)
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    return tried(request, pk, estate_imports.begin)


@staff(Permission.ESTATE_IMPORT)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    return tried(request, pk, estate_imports.discard)


def tried(request: HttpRequest, pk: int, act: Callable[..., None]) -> HttpResponse:
    by: User = request.user  # type: ignore[assignment]  # behind a door
    try:
        act(get_object_or_404(files(), pk=pk), by=by)
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("desk:estate_file", pk)
