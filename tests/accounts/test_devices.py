"""Which browser it is, by a cookie of ours and by nothing that is read out of it."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from accounts import devices


def given(response: HttpResponse) -> str:
    return str(response.cookies[devices.cookie()].value)


def answered(shown: str | None = None) -> HttpResponse:
    request = RequestFactory().get("/")
    if shown is not None:
        request.COOKIES[devices.cookie()] = shown
    return devices.DeviceMiddleware(lambda asked: HttpResponse(devices.of(asked)))(request)


class TestDevice:
    def test_is_given_once_and_known_again(self) -> None:
        first = answered()
        second = answered(given(first))
        assert given(first) == given(second)
        assert first.cookies[devices.cookie()]["httponly"]

    @pytest.mark.parametrize("shown", ["", "x", "0" * 32, "0" * 32 + ":" + "A" * 43])
    def test_that_somebody_thought_up_is_another(self, shown: str) -> None:
        assert given(answered(shown)) != shown

    def test_is_not_given_where_nobody_asked(self) -> None:
        response = devices.DeviceMiddleware(lambda request: HttpResponse())(RequestFactory().get("/"))
        assert not response.cookies
