"""Where anybody who holds a report finds out what it is: by its number, which the cover prints and leads here, and its SHA-256.

A stranger learns nothing that the file did not tell him before. Without the digest every number looks alike, whether there is
such a report or not; with a wrong one too. The file stays with him: the browser computes the digest, or he types it.
"""

import re

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits, proofs, scope
from accounts.proofs import NoProof
from reports import checker, signing, verification
from reports.models import Report

# By address: people who check a pile of reports, and no more.
TRIES, PROOFS = "60/m/ip,600/h/ip", "6/m/ip,60/h/ip"
UNPROCESSABLE = 422
TONES = {verification.ISSUED: "good", verification.SUPERSEDED: "warn", verification.WITHDRAWN: "bad"}

# A digest in one piece, whatever stands around it; and what tools write before one in groups.
WHOLE = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", re.ASCII)
ALGORITHM = re.compile(r"^\s*sha-?256\b\s*[:=]?", re.ASCII)
# How a report is checked without this page, where Keyholder is installed and elsewhere; and the proof that is downloaded here.
COMMANDS = {
    "installed": "manage.py verify_report FILE.pdf",
    "proof": "python -m accounts.proving PROOF.json",
    "offline": f"python {checker.HERE} --roots roots.pem",
}


class NumberForm(forms.Form):
    """Of which report somebody holds a file."""

    number = forms.CharField(
        label=_("Number of the report"),
        max_length=40,
        help_text=_("As its cover prints it, such as R-03-2026-00001."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )

    def clean_number(self) -> str:
        number = self.cleaned_data["number"].upper()
        if not verification.NUMBER.fullmatch(number):
            raise forms.ValidationError(_("This is no number of a report. One looks like R-03-2026-00001."))
        return number


class DigestForm(forms.Form):
    sha256 = forms.CharField(
        label=_("SHA-256 of the file"),
        max_length=200,
        help_text=_("As sha256sum, shasum -a 256 or Get-FileHash give it; or that of report.json, which each page prints."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )

    def clean_sha256(self) -> str:
        """As tools write it: in capitals, in groups, with the algorithm before it or the file's name around it."""
        text = self.cleaned_data["sha256"].lower()
        found = WHOLE.search(text)
        digest = found[0] if found else "".join(ALGORITHM.sub("", text).replace(":", "").split())
        if not verification.DIGEST.fullmatch(digest):
            raise forms.ValidationError(_("This is no SHA-256. It has 64 digits and letters from a to f."))
        return digest


@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Without a number: asks for it, and leads on."""
    form = NumberForm(request.GET if "number" in request.GET else None)
    if form.is_valid():
        return redirect("verify", form.cleaned_data["number"])
    return render(request, "reports/verify_begin.html", {"form": form}, status=UNPROCESSABLE if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, number: str) -> HttpResponse:
    if request.method == "POST" and limits.spent(request, "verify", TRIES):
        return limits.refused(request, limits.wait(request, "verify", TRIES))
    form = DigestForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return drawn(request, number, form, status=UNPROCESSABLE if form.errors else 200)
    digest = form.cleaned_data["sha256"]
    with scope.everything():
        report = verification.registered(number, digest)
        if report is not None and "proof" in request.POST:
            return proof(request, report, form)
        return drawn(request, number, form, report=report, digest=digest)


def drawn(
    request: HttpRequest, number: str, form: DigestForm, *, report: Report | None = None, digest: str = "", status: int = 200
) -> HttpResponse:
    where = verification.standing(report) if report else ""
    shown = {
        # What is no number of ours is not repeated: nobody shall write on this page by its address.
        "number": number if verification.NUMBER.fullmatch(number) else "",
        "form": form,
        "digest": digest,
        "report": report,
        "said": verification.said(report) if report else "",
        "tone": TONES.get(where, "bad"),
        "commands": COMMANDS,
        # The same for everybody, whichever report he asks about.
        "roots": [checker.Signature(root, (), b"").fingerprint for root in signing.roots()],
        "is_file": bool(report) and report.file_sha256 == digest,
    }
    return render(request, "reports/verify.html", shown, status=status)


def proof(request: HttpRequest, report: Report, form: DigestForm) -> HttpResponse:
    """The event of its issue, and how it leads to the signed head: checked without us (python -m accounts.proving)."""
    # It reads every leaf's hash.
    if limits.spent(request, "verify_proof", PROOFS):
        return limits.refused(request, limits.wait(request, "verify_proof", PROOFS))
    event = verification.issuing(report)
    try:
        if event is None:
            raise NoProof(_now("The audit does not say that it was issued. Write to us."))
        file = proofs.proof(event, shown=verification.SHOWN)
    except NoProof as refused:
        form.add_error(None, str(refused))
        return drawn(request, report.number, form, report=report, digest=form.cleaned_data["sha256"], status=UNPROCESSABLE)
    return HttpResponse(
        file,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{report.number}-proof.json"'},
    )
