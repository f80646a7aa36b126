"""A stranger with a link takes one report; without one he learns nothing. An officer makes and ends links on its page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Organisation, User
from reports import actions, building, issuing, link_pages, links
from reports.models import Report, ReportLink
from tests import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_pages", "kept")]
NOWHERE = "x" * 43


@pytest.fixture(autouse=True)
def empty_counts() -> None:
    cache.clear()


@pytest.fixture
def issued(organisation: Organisation, astrid: User) -> Report:
    report = actions.request(organisation, addressee="Bureau of Industry", by=astrid)
    building.run()
    report.refresh_from_db()
    assert report.state == "issued", report.failure
    return report


def address(token: str) -> str:
    return reverse("report_link", args=[token])


def plain(answer: Any) -> tuple[int, str]:
    """What tells one page from another: all but what is new on every page."""
    return answer.status_code, re.sub(r'csrfmiddlewaretoken" value="\w+"|nonce(?:-|=")[\w-]+"?', "", answer.content.decode())


def opened() -> int:
    return AuditEvent.objects.filter(verb="report.link_opened").count()


class TestStranger:
    def test_is_shown_what_it_is_and_takes_it_by_the_button(self, issued: Report, astrid: User) -> None:
        _, token = links.make(issued, reader="A ministry", by=astrid)
        page = Client(enforce_csrf_checks=True).get(address(token))
        text = page.content.decode()
        for told in (
            issued.number,
            issued.file_sha256,
            "Customer identification",
            "Download the PDF",
            f"/verify/{issued.number}",
        ):
            assert told in text, told
        for secret in ("Nordlys", "Bureau", "Astrid", "A ministry", issued.sha256):
            assert secret not in text, secret
        assert (page["Cache-Control"], page["Referrer-Policy"], opened()) == ("private, no-store", "no-referrer", 0)
        assert page["X-Robots-Tag"].startswith("noindex")
        file = Client(enforce_csrf_checks=True).post(address(token))
        assert b"".join(file.streaming_content) == b"%PDF-1.7 pages"
        assert file["Content-Disposition"] == f'attachment; filename="{issued.number}.pdf"'
        assert (file["Cache-Control"], file["Referrer-Policy"], opened()) == ("private, no-store", "no-referrer", 1)

    def test_looking_at_it_by_any_method_counts_nothing(self, issued: Report, astrid: User) -> None:
        _, token = links.make(issued, reader="x", by=astrid)
        assert [Client().get(address(token)).status_code, Client().head(address(token)).status_code, opened()] == [200, 200, 0]

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("end", ["revoked", "withdrawn", "left"])
    def test_what_has_ended_looks_as_what_never_was(self, issued: Report, astrid: User, method: str, end: str) -> None:
        link, token = links.make(issued, reader="x", by=astrid)
        ends: dict[str, Callable[[], object]] = {
            "revoked": lambda: links.end(link, by=astrid),
            "withdrawn": lambda: issuing.withdraw(issued, reason="Wrong.", by=cast.staff("approver", "Rui")),
            "left": lambda: User.objects.filter(pk=astrid.pk).update(is_active=False),
        }
        assert getattr(Client(), method)(address(token)).status_code == 200
        ends[end]()
        there, nowhere = (plain(getattr(Client(), method)(address(one))) for one in (token, NOWHERE))
        assert there == nowhere and there[0] == 404

    def test_is_limited(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(link_pages, "LOOKS", "2/h/ip")
        monkeypatch.setattr(link_pages, "TAKINGS", "1/h/ip")
        assert [Client().get(address(NOWHERE)).status_code for _ in range(3)] == [404, 404, 429]
        assert [Client().post(address(NOWHERE)).status_code for _ in range(2)] == [404, 429]


class TestOfficer:
    def test_is_shown_the_address_once(self, issued: Report, astrid: User) -> None:
        client = cast.signed_in(astrid)
        page = client.post(reverse("reports:link", args=[issued.pk]), {"reader": "A ministry", "days": "3"})
        [told] = re.findall(r"https?://[^<\s]+(/report/[\w-]{43}/)", page.content.decode())
        assert "no-store" in page["Cache-Control"] and Client().get(told).status_code == 200
        there = client.get(reverse("reports:report", args=[issued.pk])).content.decode()
        assert "A ministry" in there and "not taken yet" in there and told not in there
        Client().post(told)
        assert "taken 1 time" in client.get(reverse("reports:report", args=[issued.pk])).content.decode()

    def test_revokes_it_on_the_reports_page(self, issued: Report, astrid: User) -> None:
        link, token = links.make(issued, reader="A ministry", by=astrid)
        client = cast.signed_in(astrid)
        page = client.post(reverse("reports:link_end", args=[issued.pk, link.pk]), follow=True).content.decode()
        assert "opens nothing any more" in page and "A ministry" not in page and links.known(token) is None

    def test_of_another_report_is_not_found(self, issued: Report, astrid: User) -> None:
        link, _ = links.make(issued, reader="A ministry", by=astrid)
        other = actions.request(issued.organisation, by=astrid)
        assert cast.signed_in(astrid).post(reverse("reports:link_end", args=[other.pk, link.pk])).status_code == 404

    @pytest.mark.parametrize("data", [{"reader": "", "days": "1"}, {"reader": "x", "days": "8"}, {"reader": "x"}])
    def test_what_is_wrong_is_told_and_makes_none(self, issued: Report, astrid: User, data: dict[str, str]) -> None:
        page = cast.signed_in(astrid).post(reverse("reports:link", args=[issued.pk]), data)
        assert page.status_code == 422 and "error-summary" in page.content.decode() and not ReportLink.objects.exists()

    def test_is_offered_none_to_what_has_been_withdrawn(self, issued: Report, astrid: User) -> None:
        client, way = cast.signed_in(astrid), reverse("reports:report", args=[issued.pk])
        assert "Make a link" in client.get(way).content.decode()
        issuing.withdraw(issued, reason="Wrong.", by=cast.staff("approver", "Rui"))
        assert "Make a link" not in client.get(way).content.decode()
