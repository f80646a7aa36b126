"""On from here by phone: a link for one file of one document, shown as a picture that a phone reads.

It lives for ten minutes, takes one file that can be read and stays, and ends with the session in which it was made. Whoever
holds it sends that file in the name of the member who made it, sees whose document it is and for whom, and nothing else: no
session is handed over. The page on which it was drawn goes on by itself as soon as the file is there.
"""

import base64
import json
import re
import secrets
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib import import_module
from io import BytesIO

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect, HttpResponseStopPolling

from accounts import limits, organisations, scope, shared, vault
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.evidence import actions as evidence
from kyc.evidence.intake import Taken
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from kyc.evidence.taking.kinds import LARGEST
from kyc.evidence.taking.refusals import SENTENCES
from kyc.onboarding import documents, doubted, papers, parts, steps
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import SentFile
from kyc.onboarding.pages import page, posted
from kyc.onboarding.prove import LOOKS, SENDINGS, private
from kyc.parties.models import Party

MINUTES, PURPOSE = 10, "phone"
DIGEST = re.compile(r"[0-9a-f]{64}")


class Used(Refused):
    """The link has sent its file."""


@dataclass(frozen=True)
class Handed:
    """For what a link is: one document of that kind, about that party, by that member while his session lasts."""

    user: int
    session: str
    organisation: int
    kind: str
    party: int | None
    # Seconds since 1970.
    until: float = 0

    @property
    def minutes_left(self) -> int:
        return max(1, round((self.until - time.time()) / 60))


class PhoneForm(Page):
    """Beside it stands a button that opens the camera, which is sent as `photo`."""

    file = SentFile(label=gettext_lazy("Or choose a file"))

    def __init__(self, data: object = None, files: object = None) -> None:
        super().__init__(data, files)
        self.fields["file"].error_messages["required"] = gettext_lazy("Take a picture, or choose a file.")


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def key(token: str) -> str:
    return f"phone:{digest(token)}"


def made(handed: Handed) -> str | None:
    """A link's secret, which is kept nowhere; None while the cache is away."""
    token = secrets.token_urlsafe(24)
    sealed = vault.sealed(json.dumps(asdict(handed)), purpose=PURPOSE)
    return token if shared.note(key(token), sealed, seconds=MINUTES * 60) else None


def known(token: str) -> Handed | None:
    """None for a link that never was, is over, or outlived the session it comes from."""
    return living(digest(token))


def living(of: str) -> Handed | None:
    """By the digest of its secret."""
    text = vault.opened(shared.found(f"phone:{of}") or "", purpose=PURPOSE)
    if text is None:
        return None
    handed = Handed(**json.loads(text))
    # Read and not only looked for: one that has expired lies there until it is swept.
    session = import_module(settings.SESSION_ENGINE).SessionStore(handed.session)
    lives = session.get(SESSION_KEY) == str(handed.user)
    return handed if lives and User.objects.filter(pk=handed.user, is_active=True).exists() else None


def picture(url: str) -> str:
    """As a data address; dark on light in both themes, which is what phones read."""
    out = BytesIO()
    qrcode.make(url, image_factory=qrcode.image.svg.SvgPathFillImage, border=4).save(out)
    return f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"


@while_open("documents")
def offer(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Which document it will be, and then the picture, this once; with `waits` in the address, how it stands with that one."""
    if request.htmx and "waits" in request.GET:  # type: ignore[attr-defined]  # django-htmx
        return waits(request, request.GET["waits"])
    form = documents.form_of(request, organisation)
    del form.fields["file"]
    told: dict[str, object] = {}

    def act() -> None:
        kind, party, until = form.cleaned_data["kind"], form.cleaned_data.get("party"), time.time() + MINUTES * 60
        number = party.pk if party else None
        handed = Handed(request.user.pk, request.session.session_key, organisation.pk, kind, number, until)
        token = made(handed)
        if not token:
            raise Refused(_("No link can be made just now. Add the file on this page, or try again in a moment."))
        url = f"{settings.SITE_URL}{reverse('onboarding:on_phone', args=[token])}"
        told.update(drawn=picture(url), waits=digest(token), left=MINUTES)

    form.acted(act)
    answer = page(request, organisation, "phone", step="documents", form=form, minutes=MINUTES, **told)
    return private(answer) if told else answer


def waits(request: HttpRequest, of: str) -> HttpResponse:
    """For the page on which the link was drawn: on to the documents once the file is there, else how long it lives."""
    of = of if DIGEST.fullmatch(of) else ""
    document = came(sent_by(of))
    if document and document.uploaded_by_id == request.user.pk:
        messages.success(request, _("%(name)s has come from your phone.") % {"name": document.name})
        return HttpResponseClientRedirect(reverse("onboarding:documents"))
    handed = living(of)
    if handed is None or handed.user != request.user.pk:
        answer = render(request, "onboarding/phone_waits.html", {"is_over": True})
        answer.status_code = HttpResponseStopPolling.status_code
        return answer
    return render(request, "onboarding/phone_waits.html", {"waits": of, "left": handed.minutes_left})


def sent_by(of: str) -> str:
    """The number of the document that was sent last by the link of that digest; empty where none was."""
    return shared.found(f"phone:{of}:sent") or ""


def came(number: str) -> Document | None:
    """The document of that number, unless it has been removed."""
    return Document.objects.select_related("reading").filter(pk=number, removed_at=None).first() if number else None


def is_in_doubt(document: Document) -> bool:
    """It could not be read, so another picture is taken in its place."""
    reading = getattr(document, "reading", None)
    return reading is not None and reading.outcome == Reading.Outcome.UNREADABLE


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def on_phone(request: HttpRequest, token: str) -> HttpResponse:
    """The one field that the link is for, a part of a large file on its way, and what became of it. No other site knows the
    address, which alone gives the right to post to it. What a page asks by itself is not counted where the link is known."""
    with scope.everything():
        handed, sent = known(token), sent_by(digest(token))
        document = came(sent)
        if not (handed and (is_part(request) or (document and request.htmx))):  # type: ignore[attr-defined]  # django-htmx
            for action, rate in (("phone", LOOKS), ("phoning", SENDINGS)):
                if (request.method == "POST" or rate == LOOKS) and limits.spent(request, action, rate):
                    return private(limits.refused(request, limits.wait(request, action, rate)))
        is_again = document is not None and is_in_doubt(document)
        if handed is None or (document and not is_again and request.method == "POST"):
            return private(render(request, "onboarding/phone_over.html", status=410))
        scope.enter(handed.organisation)
        if document and not is_again:
            return private(standing(request, document))
        return private(asking(request, token, handed, sent=sent, before=document))


def is_part(request: HttpRequest) -> bool:
    """A part of a file, or the question how far it has come."""
    return "part" in request.FILES or "sent" in request.GET


def standing(request: HttpRequest, document: Document) -> HttpResponse:
    """Whether what was sent can be read, as far as it is known by now."""
    reading = getattr(document, "reading", None)
    is_known = reading is not None and reading.state != Reading.State.WAITING
    is_waiting = not is_known and doubted.is_waited_for(document)
    template = "phone_standing" if request.htmx else "phone_sent"  # type: ignore[attr-defined]  # django-htmx
    told = {"is_read": is_known and reading.outcome == Reading.Outcome.READ, "is_waiting": is_waiting}
    return render(request, f"onboarding/{template}.html", told)


def asking(request: HttpRequest, token: str, handed: Handed, *, sent: str, before: Document | None) -> HttpResponse:
    """`sent` is the number of what was sent by this link already; `before` that document, which could not be read."""
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx
        return HttpResponseClientRedirect(request.path)
    user = User.objects.filter(pk=handed.user).first()
    if user and is_part(request):
        return parts.answered(request, user)
    form = PhoneForm(posted(request), parts.received(request, user) if user else request.FILES)
    if form.acted(lambda: save(token, handed, form.cleaned_data["file"], sent=sent, before=before)):
        parts.done(request, user)
        return redirect("onboarding:on_phone", token=token)
    told = {
        "form": form,
        "kind": Document.Kind(handed.kind).label,
        "party": party_of(handed),
        "organisation_name": Organisation.objects.filter(pk=handed.organisation).values_list("name", flat=True).first(),
        "before": before,
        "held": parts.held(form, request, user) if user else {},
        "left": handed.minutes_left,
        "largest": LARGEST,
        "too_large": SENTENCES["large"],
    }
    return render(request, "onboarding/phone_file.html", told, status=422 if form.errors else 200)


def party_of(handed: Handed) -> Party | None:
    found = Party.objects.current().filter(organisation=handed.organisation, pk=handed.party)
    return found.first() if handed.party else None


def save(token: str, handed: Handed, file: Taken, *, sent: str, before: Document | None) -> None:
    """Once: whoever presses twice sends one file, and one that was not taken, can't be read or was removed may be sent anew."""
    used = f"{key(token)}:used:{sent}"
    if not shared.note_first(used, seconds=MINUTES * 60):
        raise Used(_("This link has sent its file already."))
    with ExitStack() as unless_sent:
        unless_sent.callback(shared.forget, used)
        user = User.objects.get(pk=handed.user)
        organisation = organisations.organisation_of(user)
        if organisation is None or organisation.pk != handed.organisation:
            raise Used(_("This link can be used no longer."))
        with steps.editing(organisation, "documents") as case:
            party = party_of(handed)
            papers.refuse_unasked(organisation, case, kind=handed.kind, party=party)
            if before and case.is_editable:
                evidence.remove(before, by=user)
            document = evidence.upload(organisation, kind=handed.kind, party=party, file=file, by=user, by_phone=True)
        unless_sent.pop_all()
    shared.note(f"{key(token)}:sent", str(document.pk), seconds=MINUTES * 60)
