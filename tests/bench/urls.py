"""Keyholder's addresses, and beside them a view that asks nothing and the library's way to let a key in."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.permissions import HasAPIKey

from config.urls import urlpatterns as ours
from tests.bench.bare import urlpatterns as bare


class Library(APIView):
    """As the library's documentation has it."""

    permission_classes = [HasAPIKey]

    def post(self, request: Request) -> Response:
        return Response({"active": True})


urlpatterns = [*bare, path("library", Library.as_view()), *ours]
