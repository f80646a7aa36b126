"""Every address of the product."""

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from accounts import sessions, signing_up, work
from config import health, pages
from kyc.onboarding import views as onboarding
from reports import trail

urlpatterns = [
    path("", pages.home, name="home"),
    path("start/", onboarding.start, name="start"),
    path("account/sessions/<int:pk>/end/", sessions.end, name="session_end"),
    path("account/confirm-email/", signing_up.confirm, name="account_email_verification_sent"),
    # Of the library's parts those that we use: its own pages for other providers' accounts are none of them.
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("verification/", include("kyc.onboarding.urls")),
    path("desk/", include("kyc.desk.urls")),
    path("reports/", include("reports.urls")),
    path("audit/", trail.trail, name="audit"),
    path("audit/export.csv", trail.export, name="audit_export"),
    path("audit/head.jsonl", trail.head, name="audit_head"),
    path("audit/<int:pk>/", trail.event, name="audit_event"),
    path("jobs/", work.page, name="jobs"),
    path("jobs/<str:queue>/<int:pk>/retry/", work.again, name="job_retry"),
    path("metrics", work.metrics, name="metrics"),
    path("api/v1/", include("kyc.api.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
handler400 = "config.pages.unreadable"
handler404 = "config.pages.missing"
handler429 = "config.pages.too_many"
handler500 = "config.pages.broken"
if settings.OIDC_ISSUER:
    urlpatterns += [path("account/oidc/", include("accounts.oidc"))]
if settings.DEMO:
    gallery = RedirectView.as_view(pattern_name="demo:gallery", http_method_names=["get", "head"])
    urlpatterns += [path("demo/", include("demo.urls")), path("ui/", gallery, name="gallery")]
