from django.urls import path

from kyc.api import views

app_name = "api"
urlpatterns = [
    path("introspect", views.Introspect.as_view(), name="introspect"),
    path("authorize", views.Authorize.as_view(), name="authorize"),
    path("schema/", views.Schema.as_view(), name="schema"),
]
