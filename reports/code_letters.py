"""A letter with a code, which an officer prints and posts: whoever types the code has read what lay in that letter box (IDA-05).

It is drawn once and kept nowhere, since the code on it is kept nowhere.
"""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.refused import Refused
from kyc.desk.views import fetched
from kyc.evidence import code_sending
from kyc.evidence.confirmation_models import ConfirmationCode
from kyc.parties.models import Party
from reports import pdf


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def letter(request: HttpRequest, pk: int, party: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Party.objects.current(), pk=party, organisation=found.organisation)
    try:
        # One that can't be drawn was never written.
        with transaction.atomic():
            row, code = code_sending.print_letter(target, by=request.user)
            # Whoever opens it is the customer, and not the officer.
            with translation.override(found.notice_locale or None):
                answer = HttpResponse(drawn(row, target, code), content_type="application/pdf")
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('desk:case', args=[found.pk])}?tab=people")
    answer["Content-Disposition"] = f'attachment; filename="letter-{row.pk}.pdf"'
    return answer


def drawn(row: ConfirmationCode, party: Party, code: str) -> bytes:
    """In the active language."""
    shown = {
        "party": party,
        "organisation": party.organisation,
        "code": code,
        "expires_at": row.expires_at,
        "made_on": timezone.localdate(),
        "provider": settings.PROVIDER_NAME,
        "site": settings.SITE_URL,
        "path": reverse("onboarding:confirm"),
        "language": translation.get_language() or settings.LANGUAGE_CODE,
        "right_to_left": translation.get_language_bidi(),
    }
    return pdf.drawn(render_to_string("reports/paper/code_letter.html", shown), {}, paper=settings.PAPER)
