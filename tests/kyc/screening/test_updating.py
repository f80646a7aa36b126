"""Lists kept up to date: when they are fetched, what is refused, and who is told."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import AuditEvent, Message
from config import jobs
from kyc.rules import packs
from kyc.screening import ages, fetching, lists, updating
from kyc.screening.entries import BadList
from kyc.screening.models import ListUpdate, ListVersion
from tests import cast

ROWS = [f"{number},person,Nobody {number}" for number in range(40)]
Publish = Callable[..., None]


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publish]:
    """What it gives out is what was written last; with nothing written it is away."""
    monkeypatch.setattr(settings, "LISTS", {"own": "https://lists.example/own.csv"})
    given: list[str] = []

    def write(*rows: str) -> None:
        given[:] = ["\n".join(["id,kind,name", *rows])]

    def fetched(url: str, folder: Path, **_: Any) -> Path:
        if not given:
            raise fetching.Unfetched("The publisher could not be reached: nobody is there.")
        (folder / "own.csv").write_text(given[0])
        return folder / "own.csv"

    with patch.object(fetching, "fetched", fetched):
        yield write


def states() -> list[str]:
    return list(ListUpdate.objects.order_by("pk").values_list("state", flat=True))


def make_older(**by: int) -> None:
    ListUpdate.objects.update(requested_at=timezone.now() - timedelta(**by))


@pytest.mark.django_db(transaction=True)
class TestDaily:
    def test_a_list_with_an_address_is_fetched_and_used(self, publisher: Publish) -> None:
        publisher(*ROWS)
        assert updating.QUEUE.is_waiting()
        updating.run()
        version = ListVersion.objects.get()
        assert (version.source, version.is_active, version.entries_count) == ("own", True, 40)
        row = ListUpdate.objects.get()
        assert (row.state, row.version, row.is_fetched) == ("done", version, True)
        assert row.done_at and version.confirmed_at

    def test_once_a_day(self, publisher: Publish) -> None:
        publisher(*ROWS)
        updating.run()
        assert not updating.QUEUE.is_waiting()
        updating.run()
        assert states() == ["done"]
        make_older(days=1, minutes=1)
        assert updating.QUEUE.is_waiting()
        updating.run()
        assert states() == ["done", "done"]

    def test_the_same_again_is_no_version_and_confirms_the_one_in_use(self, publisher: Publish) -> None:
        publisher(*ROWS)
        updating.run()
        first = ListVersion.objects.get()
        make_older(days=2)
        updating.run()
        again = ListVersion.objects.get()
        assert again.confirmed_at > first.confirmed_at

    def test_a_broken_file_is_refused_and_the_version_before_it_stays(self, publisher: Publish) -> None:
        publisher(*ROWS)
        updating.run()
        make_older(days=2)
        publisher(*ROWS, "41,ghost,X")
        updating.run()
        refused = updating.standing("own")
        assert refused and refused.why.startswith("own.csv, line 42: the kind is 'ghost'")
        assert ListVersion.objects.get(is_active=True).entries_count == 40
        assert AuditEvent.objects.filter(verb="list.refused").count() == 1

    def test_so_is_one_that_shrank(self, publisher: Publish) -> None:
        publisher(*ROWS)
        updating.run()
        make_older(days=2)
        publisher(*ROWS[:37])
        updating.run()
        refused = updating.standing("own")
        assert refused and refused.why == "The new version has 37 entries, the active one 40. Is the file complete?"
        assert ListVersion.objects.count() == 1

    def test_after_a_refusal_it_is_tried_again_in_hours(self, publisher: Publish) -> None:
        updating.run()
        assert states() == ["refused"] and not updating.QUEUE.is_waiting()
        make_older(hours=4, minutes=1)
        publisher(*ROWS)
        updating.run()
        assert states() == ["refused", "done"] and updating.standing("own") is None

    def test_administrators_are_told_once_until_it_is_in_order_again(self, publisher: Publish) -> None:
        cast.staff("administrator", "Omar")
        cast.staff("analyst", "Ana")
        for _ in range(3):
            updating.run()
            make_older(days=2)
        [mail] = Message.objects.all()
        assert mail.subject == "Provider's own list could not be brought up to date"
        assert "nobody is there" in mail.text and "/desk/lists/" in mail.text
        publisher(*ROWS)
        updating.run()
        make_older(days=2)
        publisher("nonsense")
        updating.run()
        assert Message.objects.count() == 2 and "The version of" in Message.objects.latest("pk").text

    def test_what_another_worker_took_over_is_not_written_twice(self, publisher: Publish) -> None:
        publisher(*ROWS)
        ListUpdate.objects.create(source="own")
        claim = updating.QUEUE.claim()
        assert claim
        ListUpdate.objects.update(job_token=claim.token + 1)
        with pytest.raises(jobs.Fenced):
            updating.update(claim)
        assert not ListVersion.objects.exists()

    def test_without_an_address_nothing_is_fetched(self, publisher: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "LISTS", {})
        updating.run()
        assert not ListUpdate.objects.exists()

    def test_nothing_is_fetched_in_the_demo(self) -> None:
        assert settings.DEMO and settings.LISTS == {}


@pytest.mark.django_db
class TestAtOnce:
    def test_says_what_changed(self, publisher: Publish) -> None:
        publisher(*ROWS)
        assert updating.fetch("own").added == 40
        publisher(*ROWS[1:], "50,person,New", "51,person,Newer")
        loaded = updating.fetch("own")
        assert (loaded.added, loaded.changed, loaded.removed) == (2, 0, 1)

    def test_a_refusal_is_recorded_and_told(self, publisher: Publish) -> None:
        publisher("1,ghost,X")
        with pytest.raises(BadList):
            updating.fetch("own")
        assert updating.standing("own") and AuditEvent.objects.filter(verb="list.refused").exists()

    def test_a_file_loaded_by_hand_ends_it(self, publisher: Publish, tmp_path: Path) -> None:
        with pytest.raises(fetching.Unfetched):
            updating.fetch("own")
        (tmp_path / "own.csv").write_text("id,kind,name\n1,person,X\n")
        lists.load("own", primary=tmp_path / "own.csv")
        assert updating.standing("own") is None


NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class TestAges:
    @pytest.mark.parametrize(("confirmed", "days"), [(None, 10), (4, 6), (19, 0), (-31, 10)])
    def test_count_from_when_it_was_last_known_to_be_current(self, confirmed: int | None, days: int) -> None:
        at = None if confirmed is None else NOON + timedelta(days=confirmed)
        version = ListVersion(source="ofac-sdn", published=NOON.date(), confirmed_at=at)
        assert ages.days_old(version, on=date(2026, 11, 11)) == days

    @pytest.mark.parametrize(("day", "is_old"), [(8, False), (9, True)])
    def test_old_is_what_is_older_than_its_source_may_be(self, day: int, is_old: bool) -> None:
        version = ListVersion(source="ofac-sdn", published=NOON.date())
        assert ages.is_old(version, on=date(2026, 11, day), pack=packs.current()) is is_old

    def test_every_source_has_an_age(self) -> None:
        assert all(packs.current().list_days(source) > 0 for source in ListVersion.Source.values)
