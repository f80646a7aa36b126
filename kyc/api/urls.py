from django.urls import path

from kyc.api import usage, views

app_name = "api"
urlpatterns = [
    path("introspect", views.Introspect.as_view(), name="introspect"),
    path("usage", usage.Usage.as_view(), name="usage"),
    path("schema/", views.Schema.as_view(), name="schema"),
]
