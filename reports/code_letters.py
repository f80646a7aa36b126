"""A letter with a code, which an officer prints and posts: whoever types the code has read what lay in that letter box (IDA-05).

It is drawn once and kept nowhere, since the code on it is kept nowhere.
"""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, get_language_bidi
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.refused import Refused
from kyc.desk.views import fetched
from kyc.evidence import code_sending
from kyc.parties.models import Party
from reports import pdf


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def letter(request: HttpRequest, pk: int, party: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Party.objects.current(), pk=party, organisation=found.organisation)
    try:
        row, code = code_sending.print_letter(target, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('desk:case', args=[found.pk])}?tab=people")
    shown = {
        "party": target,
        "organisation": found.organisation,
        "code": code,
        "expires_at": row.expires_at,
        "made_on": timezone.localdate(),
        "provider": settings.PROVIDER_NAME,
        "site": settings.SITE_URL,
        "path": reverse("onboarding:confirm"),
        "language": get_language(),
        "right_to_left": get_language_bidi(),
    }
    answer = HttpResponse(
        pdf.drawn(render_to_string("reports/paper/code_letter.html", shown), {}, paper=settings.PAPER),
        content_type="application/pdf",
    )
    answer["Content-Disposition"] = f'attachment; filename="letter-{row.pk}.pdf"'
    return answer
