"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest

from accounts import organisations, scope
from accounts.models import Organisation

# Pages of the reader's own sign-in.
OF_SIGN_IN = "/account/"


def page(request: HttpRequest) -> dict[str, object]:
    return {
        "demo": settings.DEMO,
        "provider_name": settings.PROVIDER_NAME,
        "site_url": settings.SITE_URL,
        "contact": settings.CONTACT_EMAIL,
        "oidc_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        # A page that stands for itself, as in a test, has been through no middleware.
        "csp_nonce": getattr(request, "csp_nonce", ""),
        **({"organisation": found} if (found := working_in(request)) else {}),
    }


def working_in(request: HttpRequest) -> Organisation | None:
    """Whose name and pages stand in the header of a sign-in's own pages; pages of an organisation name it themselves."""
    user = getattr(request, "user", None)
    if not request.path.startswith(OF_SIGN_IN) or user is None or not user.is_authenticated or user.is_staff:
        return None
    with scope.everything():
        return organisations.organisation_of(user)
