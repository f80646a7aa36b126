"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    return {
        "demo": settings.DEMO,
        "provider_name": settings.PROVIDER_NAME,
        "site_url": settings.SITE_URL,
        "contact": settings.CONTACT_EMAIL,
        "oidc_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        # A page that stands for itself, as in a test, has been through no middleware.
        "csp_nonce": getattr(request, "csp_nonce", ""),
    }
