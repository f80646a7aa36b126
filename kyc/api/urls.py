from django.urls import path

from kyc.api import changes, views

app_name = "api"
urlpatterns = [
    path("introspect", views.Introspect.as_view(), name="introspect"),
    path("authorize", views.Authorize.as_view(), name="authorize"),
    path("keys/changes", changes.KeyChanges.as_view(), name="changes"),
    path("keys/snapshot", changes.Snapshot.as_view(), name="snapshot"),
    path("schema/", views.Schema.as_view(), name="schema"),
]
