from django.urls import path

from kyc.desk import closing_views, views

app_name = "desk"
urlpatterns = [
    path("cases/", views.cases, name="queue"),
    path("cases/next/", views.next_case, name="next"),
    path("cases/<int:pk>/", views.case, name="case"),
    path("cases/<int:pk>/live/", views.live, name="live"),
    path("cases/<int:pk>/examine/", views.examine, name="examine"),
    path("cases/<int:pk>/assign/", views.assign, name="assign"),
    path("cases/<int:pk>/propose/", views.propose, name="propose"),
    path("cases/<int:pk>/take/", views.take, name="take"),
    path("cases/<int:pk>/decline/", views.decline, name="decline"),
    path("cases/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("cases/<int:pk>/hits/<int:hit>/rule/", views.rule, name="rule"),
    path("cases/<int:pk>/questionnaires/<int:signed>/<slug:question>/rule/", views.rule_flag, name="rule_flag"),
    path("cases/<int:pk>/parties/<int:party>/verify/", views.verify, name="verify"),
    path("cases/<int:pk>/parties/<int:party>/reveal/", views.reveal, name="reveal"),
    path("cases/<int:pk>/holds/place/", views.hold_place, name="hold_place"),
    path("cases/<int:pk>/holds/<int:hold>/lift/", views.hold_lift, name="hold_lift"),
    path("cases/<int:pk>/legal-holds/place/", closing_views.place, name="legal_hold_place"),
    path("cases/<int:pk>/legal-holds/<int:hold>/lift/", closing_views.lift, name="legal_hold_lift"),
    path("cases/<int:pk>/account/close/", closing_views.close, name="account_close"),
    path("cases/<int:pk>/account/reopen/", closing_views.reopen, name="account_reopen"),
    path("legal-holds/", closing_views.everybodys, name="legal_holds"),
    path("legal-holds/<int:hold>/lift/", closing_views.lift_everybodys, name="legal_hold_lift_all"),
    path("cases/<int:pk>/documents/<int:document>/", views.document, name="document"),
    path("cases/<int:pk>/documents/<int:document>/open/", views.document_for, name="document_for"),
]
