"""On from here by phone: a link for one file of one document, shown as a picture that a phone reads.

It lives for ten minutes, works once, and ends with the session in which it was made. Whoever holds it sends that file in the name
of the member who made it, and does and sees nothing else: no session is handed over.
"""

import base64
import json
import secrets
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib import import_module
from io import BytesIO

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import limits, scope, shared, vault
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.evidence import actions as evidence
from kyc.evidence.intake import Taken
from kyc.evidence.models import Document
from kyc.onboarding import documents, papers, steps
from kyc.onboarding.access import organisation_of, while_open
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import SentFile
from kyc.onboarding.pages import page, posted
from kyc.onboarding.prove import LOOKS, SENDINGS, private
from kyc.parties.models import Party

MINUTES, PURPOSE = 10, "phone"


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


class PhoneForm(Page):
    file = SentFile(label=gettext_lazy("The document"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs |= {"capture": "environment", "accept": "image/*"}


def key(token: str) -> str:
    return f"phone:{sha256(token.encode()).hexdigest()}"


def made(handed: Handed) -> str | None:
    """A link's secret, which is kept nowhere; None while the cache is away."""
    token = secrets.token_urlsafe(24)
    sealed = vault.sealed(json.dumps(asdict(handed)), purpose=PURPOSE)
    return token if shared.note(key(token), sealed, seconds=MINUTES * 60) else None


def known(token: str) -> Handed | None:
    """None for a link that never was, is over, or outlived the session it comes from."""
    text = vault.opened(shared.found(key(token)) or "", purpose=PURPOSE)
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
    """Which document it will be, and then the picture, this once."""
    form = documents.form_of(request, organisation)
    del form.fields["file"]
    url = ""

    def act() -> None:
        nonlocal url
        kind, party = form.cleaned_data["kind"], form.cleaned_data.get("party")
        handed = Handed(request.user.pk, request.session.session_key, organisation.pk, kind, party.pk if party else None)
        if token := made(handed):
            url = f"{settings.SITE_URL}{reverse('onboarding:on_phone', args=[token])}"
        else:
            raise Refused(_("No link can be made just now. Add the file on this page, or try again in a moment."))

    form.acted(act)
    told = {"drawn": picture(url)} if url else {}
    answer = page(request, organisation, "phone", step="documents", form=form, minutes=MINUTES, **told)
    return private(answer) if url else answer


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def on_phone(request: HttpRequest, token: str) -> HttpResponse:
    """The one field that the link is for. No other site knows the address, which alone gives the right to post to it."""
    for action, rate in (("phone", LOOKS), ("phoning", SENDINGS)):
        if (request.method == "POST" or rate == LOOKS) and limits.spent(request, action, rate):
            return private(limits.refused(request, limits.wait(request, action, rate)))
    with scope.everything():
        handed = known(token)
        if handed is None:
            return private(render(request, "onboarding/phone_over.html", status=410))
        scope.enter(handed.organisation)
        form = PhoneForm(posted(request), request.FILES if request.method == "POST" else None)
        if form.acted(lambda: save(token, handed, form.cleaned_data["file"])):
            return private(redirect("onboarding:proved"))
        told = {"form": form, "kind": Document.Kind(handed.kind).label, "minutes": MINUTES}
        return private(render(request, "onboarding/phone_file.html", told, status=422 if form.errors else 200))


def save(token: str, handed: Handed, file: Taken) -> None:
    """Once: whoever presses twice sends one file, and one that was not taken may be sent anew."""
    used = f"{key(token)}:used"
    if not shared.note_first(used, seconds=MINUTES * 60):
        raise Used(_("This link has sent its file already."))
    with ExitStack() as unless_sent:
        unless_sent.callback(shared.forget, used)
        user = User.objects.get(pk=handed.user)
        organisation = organisation_of(user)
        if organisation is None or organisation.pk != handed.organisation:
            raise Used(_("This link can be used no longer."))
        with steps.editing(organisation, "documents") as case:
            party = Party.objects.current().filter(organisation=organisation, pk=handed.party).first() if handed.party else None
            papers.refuse_unasked(organisation, case, kind=handed.kind, party=party)
            evidence.upload(organisation, kind=handed.kind, party=party, file=file, by=user, by_phone=True)
        unless_sent.pop_all()
    shared.forget(key(token))
