"""The page of lists, and the age of a list on a case."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts import ranges
from kyc.desk.summary import used_on
from kyc.screening import updating
from kyc.screening.models import ListVersion
from tests import cast


@pytest.fixture
def client() -> Client:
    return cast.signed_in(cast.staff("administrator", "Omar"))


def version(source: str = "un-sc", days: int = 0, **more: object) -> ListVersion:
    on = timezone.now().date() - timedelta(days=days)
    return ListVersion.objects.create(
        source=source, published=on, sha256="ab" * 32, entries_count=1003, is_active=True, added=2, changed=1, removed=3, **more
    )


@pytest.mark.django_db
class TestPage:
    def test_tells_what_is_in_use(self, client: Client) -> None:
        version()
        page = client.get("/desk/lists/").content.decode()
        assert all(text in page for text in ("UN Security Council list", "1,003", "2, 1, 3", "ab" * 6, "loaded by hand"))
        assert "badge bad" not in page

    def test_one_older_than_it_may_be_stands_in_red(self, client: Client) -> None:
        version(days=8)
        assert '<span class="badge bad">8, more than 7</span>' in client.get("/desk/lists/").content.decode()

    def test_one_found_to_be_current_does_not(self, client: Client) -> None:
        version(days=8, confirmed_at=timezone.now())
        assert "badge bad" not in client.get("/desk/lists/").content.decode()

    def test_a_refusal_stands_above_with_its_sentence(self, client: Client) -> None:
        version()
        updating.refused("un-sc", "consolidated.xml, line 3: no element found.", is_fetched=True)
        page = client.get("/desk/lists/").content.decode()
        assert "consolidated.xml, line 3: no element found." in page and "stays in use" in page

    def test_what_was_loaded_last_and_is_not_in_use_says_so(self, client: Client) -> None:
        used = version(days=1)
        assert "is not in use" not in client.get("/desk/lists/").content.decode()
        ListVersion.objects.create(source="un-sc", published=date(2026, 10, 1), sha256="cd" * 32, entries_count=9)
        page = client.get("/desk/lists/").content.decode()
        assert "UN Security Council list: what was loaded last, on" in page and "It is the version of 1 October 2026" in page
        assert f"that of {used.published:%-d %B %Y} is newer" in page

    def test_one_in_use_of_a_day_to_come_says_so(self, client: Client) -> None:
        version(days=-1)
        assert "bears a day to come" not in client.get("/desk/lists/").content.decode()
        ListVersion.objects.update(published=date(2062, 10, 7))
        page = client.get("/desk/lists/").content.decode()
        assert "the version in use bears a day to come, 7 October 2062" in page and "--published" in page

    def test_every_public_list_stands_there_loaded_or_not(self, client: Client) -> None:
        version()
        page = client.get("/desk/lists/").content.decode()
        assert all(str(source.label) in page for source in ListVersion.PUBLIC)
        assert page.count("not loaded") == page.count("since no address is set") == len(ListVersion.PUBLIC) - 1


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "too_old"), [(7, 0), (8, 8)])
def test_a_list_that_was_used_says_its_age_where_it_is_too_old(days: int, too_old: int) -> None:
    found = ListVersion(source="un-sc", published=date(2026, 11, 1))
    used = used_on(found, date(2026, 11, 1) + timedelta(days=days))
    assert (used.told, used.too_old) == ("UN Security Council list of 1 November 2026", too_old)


@pytest.mark.django_db
class TestRanges:
    """Files of ranges, which say to nobody who works cases that anything is looked for by them."""

    @pytest.fixture(autouse=True)
    def loaded(self, tmp_path: Path) -> None:
        older, newer = "192.0.2.0/24,cloud\n", "203.0.113.0/24,vpn\n198.51.100.0/24,vpn\nAS64500,tor\n"
        for text in (f"cidr,class\n{older}", f"cidr,class\n{newer}"):
            (tmp_path / "ranges.csv").write_text(text)
            ranges.load(tmp_path / "ranges.csv", source="vpns")

    @pytest.mark.parametrize("role", ["analyst", "auditor", "approver"])
    def test_are_shown_to_no_other_officer(self, role: str) -> None:
        page = cast.signed_in(cast.staff(role, "Ana")).get("/desk/lists/").content.decode()
        assert "vpns" not in page and "update_ranges" not in page and "Ranges of internet" not in page

    def test_the_one_that_counts_is_shown_to_administrators(self, client: Client) -> None:
        page = client.get("/desk/lists/").content.decode()
        assert page.count(">vpns<") == 1 and "VPN: 2" in page and "Proxy: 1" in page and "Cloud" not in page


@pytest.mark.django_db
def test_without_ranges_it_is_said_how_they_are_loaded(client: Client) -> None:
    assert "With update_ranges, files of VPN" in client.get("/desk/lists/").content.decode()
