"""The statement of what we keep of a customer, as a PDF for him to keep.

It is no report of the catalogue: what is kept until when is worked out from how things stand now, and not from history at two
instants, and it is his own to draw, without a worker and a number. So it shares only the paper; what machines read is attached.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi

from accounts import audit, limits
from accounts.models import Organisation
from kyc.onboarding import closing
from kyc.onboarding.access import members_only
from reports import canonical, pdf

# Drawing it takes a second, and with many keys some more.
RATE = "20/5m/key"


@members_only
def statement(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    if limits.spent(request, "statement", RATE, key=str(organisation.pk)):
        return limits.refused(request)
    answer = HttpResponse(drawn(organisation), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="statement-{organisation.pk}.pdf"'
    if request.method != "HEAD":
        audit.record("organisation.statement_downloaded", target=organisation, by=request.user)
    return answer


def drawn(organisation: Organisation) -> bytes:
    """In the language of who asks for it."""
    facts = closing.facts(organisation)
    data = closing.encoded(closing.written(organisation, facts))
    shown = {
        **facts,
        "organisation": organisation,
        "provider": settings.PROVIDER_NAME,
        "contact": settings.CONTACT_EMAIL,
        "sha256": canonical.sha256(data),
        "language": get_language(),
        "right_to_left": get_language_bidi(),
    }
    return pdf.drawn(render_to_string("reports/paper/statement.html", shown), {"statement.json": data}, paper=settings.PAPER)
