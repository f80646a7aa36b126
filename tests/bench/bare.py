"""A view that asks nothing: what Django itself costs with such a request."""

import os

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def bare(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"active": bool(request.POST.get("token"))})


def settled(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"process": os.getpid()})


urlpatterns = [path("bare", bare), path("settled", settled)]
