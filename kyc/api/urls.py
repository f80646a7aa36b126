from django.urls import path

from kyc.api import changes, views
from kyc.api.leaks import Leaks

app_name = "api"
urlpatterns = [
    path("introspect", views.Introspect.as_view(), name="introspect"),
    path("authorize", views.Authorize.as_view(), name="authorize"),
    path("keys/changes", changes.KeyChanges.as_view(), name="changes"),
    path("keys/snapshot", changes.Snapshot.as_view(), name="snapshot"),
    path("leaks", Leaks.as_view(), name="leaks"),
    path("schema/", views.Schema.as_view(), name="schema"),
]
