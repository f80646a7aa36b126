"""The addresses of an installation that names an identity provider: config/urls.py reads its settings once, at the start."""

from django.urls import include, path

from config.urls import handler400, handler404, handler429, handler500
from config.urls import urlpatterns as ours

__all__ = ["handler400", "handler404", "handler429", "handler500", "urlpatterns"]
urlpatterns = [path("account/oidc/", include("accounts.oidc")), *ours]
