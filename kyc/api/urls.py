from django.urls import path

from kyc.api import changes, reserving, usage, views
from kyc.api.leaks import Leaks
from kyc.api.outside import Verifications

app_name = "api"
urlpatterns = [
    path("introspect", views.Introspect.as_view(), name="introspect"),
    path("authorize", views.Authorize.as_view(), name="authorize"),
    path("leaks", Leaks.as_view(), name="leaks"),
    path("verifications/<slug:service>", Verifications.as_view(), name="verifications"),
    path("usage", usage.Usage.as_view(), name="usage"),
    path("limits/reserve", reserving.Reserve.as_view(), name="reserve"),
    path("limits/settle", reserving.Settle.as_view(), name="settle"),
    path("keys/changes", changes.KeyChanges.as_view(), name="changes"),
    path("keys/snapshot", changes.Snapshot.as_view(), name="snapshot"),
    path("schema/", views.Schema.as_view(), name="schema"),
]
