"""An error report says where it happened, and nothing of what was sent or held there."""

import sys
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.views.debug import get_exception_reporter_class

# Put together, because a report quotes the lines of the source.
BORN, CALLED = "-".join(["1984", "03", "17"]), "+47" + "77" * 4


def report(request: HttpRequest) -> str:
    birth_date = request.POST["birth_date"]
    try:
        raise RuntimeError(len(birth_date))
    except RuntimeError:
        reporter = get_exception_reporter_class(request)(request, *sys.exc_info())
    return str(reporter.get_traceback_html() + reporter.get_traceback_text())


@pytest.fixture
def request_of_somebody() -> HttpRequest:
    return RequestFactory().post(f"/x/?q={CALLED[1:]}", {"birth_date": BORN})


class TestReporter:
    def test_tells_where_it_happened_and_what_things_are_called(self, request_of_somebody: HttpRequest) -> None:
        told = report(request_of_somebody)
        assert "test_error_reports.py" in told and "RuntimeError" in told and "birth_date" in told

    def test_tells_neither_forms_nor_addresses_nor_variables(self, request_of_somebody: HttpRequest) -> None:
        told = report(request_of_somebody)
        assert [value for value in (BORN, CALLED[1:]) if value in told] == []

    def test_while_it_is_developed_they_are_there(self, request_of_somebody: HttpRequest, settings: Any) -> None:
        """The negative control."""
        settings.DEBUG = True
        told = report(request_of_somebody)
        assert BORN in told and CALLED[1:] in told
