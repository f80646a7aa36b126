from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from kyc.api import views

app_name = "api"
urlpatterns = [
    path("introspect", views.Introspect.as_view(), name="introspect"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
