"""What people see when a request goes wrong: the right status, a plain heading, and nothing of what they sent."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

SENT = "sent-by-somebody"
STYLES = ("css/tokens.css", "css/base.css")


def page(answer: Any, status: int, heading: str) -> None:
    text = answer.content.decode()
    assert answer.status_code == status
    assert re.findall(r"<h1>(.*?)</h1>", text) == [heading]
    assert SENT not in text
    assert all(style in text for style in STYLES)


@pytest.mark.django_db
class TestErrorPages:
    @pytest.fixture
    def client(self) -> Client:
        cache.clear()
        return Client(raise_request_exception=False)

    def test_a_request_that_is_not_understood(self, client: Client) -> None:
        page(client.get(f"/?{SENT}", headers={"Host": "evil.example"}), 400, "Keyholder could not read this request")

    def test_a_form_that_stood_open_for_too_long(self) -> None:
        client = Client(enforce_csrf_checks=True)
        page(client.post("/account/login/", {"login": SENT}), 403, "This page stood open for too long")

    def test_an_address_that_is_none(self, client: Client) -> None:
        page(client.get(f"/{SENT}/"), 404, "There is nothing here")

    def test_a_file_or_form_that_is_too_large(self, client: Client, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        page(client.post("/account/login/", {"login": SENT * 100}), 413, "That file or form is too large")
