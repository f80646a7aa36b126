from django.urls import path

from kyc.desk import incidents, views

app_name = "desk"
urlpatterns = [
    path("cases/", views.cases, name="queue"),
    path("cases/next/", views.next_case, name="next"),
    path("cases/<int:pk>/", views.case, name="case"),
    path("cases/<int:pk>/live/", views.live, name="live"),
    path("cases/<int:pk>/look/", views.look, name="look"),
    path("cases/<int:pk>/look/stop/", views.look_stop, name="look_stop"),
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
    path("cases/<int:pk>/documents/<int:document>/", views.document, name="document"),
    path("cases/<int:pk>/documents/<int:document>/open/", views.document_for, name="document_for"),
    path("cases/<int:pk>/involve/", incidents.involve, name="involve"),
    path("incidents/", incidents.listed, name="incidents"),
    path("incidents/new/", incidents.new, name="incident_new"),
    path("incidents/<int:pk>/", incidents.incident, name="incident"),
    path("incidents/<int:pk>/write/", incidents.write, name="incident_write"),
    path("incidents/<int:pk>/note/", incidents.note, name="incident_note"),
    path("incidents/<int:pk>/refer/", incidents.refer, name="incident_refer"),
    path("incidents/<int:pk>/close/", incidents.close, name="incident_close"),
    path("incidents/<int:pk>/involved/<int:involvement>/end/", incidents.release, name="incident_release"),
]
