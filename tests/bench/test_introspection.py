"""What the answer to a gateway costs, beside the least that a Django view could cost.

All three go through the same middleware, in one process and one run: a view that returns JSON, one that also reads a row
by its primary key, and Keyholder's own, which reads the gateway's credential and the key with its link, entity and holds.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpRequest, JsonResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from accounts import credentials
from accounts.models import User
from config.urls import urlpatterns as ours
from kyc.keys.models import Key
from tests import figures
from tests.bench.timing import side_by_side, told
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued

pytestmark = [pytest.mark.bench, pytest.mark.django_db, pytest.mark.urls(__name__)]
ROUNDS = 400


@csrf_exempt
def bare(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"active": bool(request.POST.get("token"))})


@csrf_exempt
def one_row(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"active": Key.objects.get(pk=request.POST["key"]).state == Key.State.ACTIVE})


urlpatterns = [path("bare", bare), path("one_row", one_row), *ours]


class TestIntrospection:
    def test_beside_a_bare_view_and_one_row_by_its_primary_key(self, linked: Issued, rui: User) -> None:  # noqa: F811
        _, gateway = credentials.issue(name="edge", by=None)
        asked = urlencode({"token": linked.secret, "key": linked.key.pk})
        client = Client(headers={"Authorization": f"Bearer {gateway}"})

        def ask(address: str) -> Any:
            answer = client.post(address, asked, content_type="application/x-www-form-urlencoded")
            assert json.loads(answer.content)["active"] is True
            return answer

        taken = side_by_side(
            {
                "a view that returns JSON": lambda: ask("/bare"),
                "and reads one row by primary key": lambda: ask("/one_row"),
                "Keyholder's introspection": lambda: ask("/api/v1/introspect"),
            },
            rounds=ROUNDS,
        )
        figures.keep("introspection", seeds=[], figures={"rounds": ROUNDS, **told(taken, beside="a view that returns JSON")})
        assert [len(times) for times in taken.values()] == [ROUNDS] * 3
