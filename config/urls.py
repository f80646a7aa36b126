"""Every address of the product."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts import colleagues, gateways, sessions, signing_up, work
from config import health, pages
from kyc.onboarding import views as onboarding
from reports import code_letters, disposals, link_pages, own_data, statements, subject_pages, trail, verify_page

urlpatterns = [
    path("", pages.home, name="home"),
    path("start/", onboarding.start, name="start"),
    path("account/sessions/", sessions.page, name="usersessions_list"),
    path("account/sessions/stay/", sessions.stay, name="session_stay"),
    path("account/sessions/<int:pk>/end/", sessions.end, name="session_end"),
    path("account/confirm-email/", signing_up.confirm, name="account_email_verification_sent"),
    # Of the library's parts those that we use: its own pages for other providers' accounts are none of them.
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("verification/kept/statement.pdf", statements.statement, name="paper_statement"),
    path("verification/", include("kyc.onboarding.urls")),
    path("desk/cases/<int:pk>/letters/<int:party>/", code_letters.letter, name="letter"),
    path("desk/", include("kyc.desk.urls")),
    path("reports/", include("reports.urls")),
    path("report/<str:token>/", link_pages.opened, name="report_link"),
    path("verify/", verify_page.begin, name="verify_begin"),
    # As the cover prints it, and as some people end an address.
    re_path(r"^verify/(?P<number>[^/]+)/?$", verify_page.verify, name="verify"),
    path("audit/", trail.trail, name="audit"),
    path("audit/export.csv", trail.export, name="audit_export"),
    path("audit/head.jsonl", trail.head, name="audit_head"),
    path("audit/<int:pk>/", trail.event, name="audit_event"),
    path("staff/", colleagues.page, name="staff"),
    path("staff/add/", colleagues.add, name="staff_add"),
    path("staff/<int:pk>/", colleagues.colleague, name="staff_member"),
    path("staff/<int:pk>/role/", colleagues.change_role, name="staff_role"),
    path("staff/<int:pk>/end/", colleagues.end, name="staff_end"),
    path("staff/<int:pk>/second-factor/reset/", colleagues.reset_second_factor, name="staff_second_factor"),
    path("staff/<int:pk>/sessions/end/", colleagues.end_sessions, name="staff_sessions"),
    path("staff/<int:pk>/sessions/<int:session>/end/", colleagues.end_sessions, name="staff_session"),
    path("gateways/", gateways.page, name="gateways"),
    path("gateways/issue/", gateways.issue, name="gateway_issue"),
    path("gateways/<int:pk>/revoke/", gateways.revoke, name="gateway_revoke"),
    path("disposals/", disposals.disposals, name="disposals"),
    path("disposals/<int:pk>/certificate.json", disposals.certificate, name="certificate"),
    path("data-requests/", subject_pages.listed, name="subject_requests"),
    path("data-requests/new/", subject_pages.new, name="subject_request_new"),
    path("data-requests/<int:pk>/", subject_pages.one, name="subject_request"),
    path("data-requests/<int:pk>/identify/", subject_pages.identify, name="subject_request_identify"),
    path("data-requests/<int:pk>/extend/", subject_pages.extend, name="subject_request_extend"),
    path("data-requests/<int:pk>/decide/", subject_pages.decide, name="subject_request_decide"),
    path("data-requests/<int:pk>/issue/", subject_pages.issue, name="subject_request_issue"),
    path("data-requests/<int:pk>/end/", subject_pages.end, name="subject_request_end"),
    path("your-data/", own_data.own, name="own_data"),
    path("your-data/ask/", own_data.ask, name="own_data_ask"),
    path("your-data/<int:pk>/withdraw/", own_data.withdraw, name="own_data_withdraw"),
    path("your-data/<int:pk>/answer.pdf", own_data.pdf, name="own_data_pdf"),
    path("your-data/<int:pk>/answer.json", own_data.facts, name="own_data_json"),
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
