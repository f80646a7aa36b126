"""The day of a list version: none to come, corrected by the same file, and lists to which their publisher goes back."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent
from kyc.parties.models import Party
from kyc.screening import lists
from kyc.screening.entries import BadList
from kyc.screening.lists import Loaded
from kyc.screening.models import ListVersion, Rescreening
from tests import cast

pytestmark = pytest.mark.django_db
A, B = ([f"{number},person,{word} {number}" for number in range(20)] for word in ("Anna", "Berta"))
Load = Callable[..., Loaded]


def ago(days: int) -> date:
    return timezone.now().date() - timedelta(days=days)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(rows: list[str], published: date | None = None, **more: Any) -> Loaded:
        path = tmp_path / "own.csv"
        path.write_text("\n".join(["id,kind,name", *rows]))
        return lists.load("own", primary=path, published=published, **more)

    return load


def stored() -> list[tuple[date, bool, str]]:
    """In the order in which they were loaded: the day, whether it is in use, and whose names it has."""
    return [
        (version.published, version.is_active, version.entries.order_by("pk")[0].name.split()[0])
        for version in ListVersion.objects.order_by("pk")
    ]


def corrections() -> list[dict[str, Any]]:
    return list(AuditEvent.objects.filter(verb="list.day_corrected").order_by("pk").values_list("details", flat=True))


class TestADayToCome:
    @pytest.mark.parametrize("days", [2, 365, 30_000])
    def test_is_refused(self, load: Load, days: int) -> None:
        with pytest.raises(BadList, match=rf"^own\.csv: the day of publication, {ago(-days)}, is yet to come"):
            load(A, ago(-days))
        assert not ListVersion.objects.exists()

    def test_tomorrow_has_come_where_the_publisher_sits(self, load: Load) -> None:
        assert load(A, ago(-1)).active

    def test_is_refused_of_the_file_itself_and_may_be_named_right(self, tmp_path: Path) -> None:
        shipped = Path(__file__).parent / "sources" / "files" / "un.xml"
        path = tmp_path / "un.xml"
        path.write_text(shipped.read_text().replace('dateGenerated="2026-', 'dateGenerated="2062-'))
        with pytest.raises(BadList, match=r"un\.xml: the day of publication, 2062-10-07, is yet to come"):
            lists.load("un-sc", primary=path)
        assert lists.load("un-sc", primary=path, published=date(2026, 10, 7)).active

    def test_of_a_version_taken_before_is_corrected_and_the_newest_is_used(self, load: Load) -> None:
        load(A, ago(3))
        ListVersion.objects.update(published=ago(-30_000))
        assert load(B, ago(2)).active is False
        assert load(A, ago(3)) == Loaded(ListVersion.objects.earliest("pk").pk, str(ago(3)), 20, 0, 0, active=False)
        assert stored() == [(ago(3), False, "Anna"), (ago(2), True, "Berta")]


class TestTheSameFile:
    def test_with_its_day_or_none_changes_nothing(self, load: Load) -> None:
        first = load(A, ago(3))
        history = [ListVersion.pgh_event_model.objects.count(), AuditEvent.objects.count()]
        assert [load(A, ago(3)), load(A)] == [first, first]
        assert history == [ListVersion.pgh_event_model.objects.count(), AuditEvent.objects.count()]

    @pytest.mark.parametrize("to", [2, 9])
    def test_with_another_day_corrects_it_older_or_newer(self, load: Load, to: int) -> None:
        load(B, ago(20))
        load(A, ago(5))
        corrected = load(A, ago(to))
        assert (corrected.published, corrected.changed, corrected.active) == (str(ago(to)), 20, True)
        assert stored() == [(ago(20), False, "Berta"), (ago(to), True, "Anna")]
        assert corrections() == [
            {"source": "own", "published": str(ago(to)), "instead_of": str(ago(5)), "active": True},
        ]

    def test_corrected_to_before_another_makes_that_one_active(self, load: Load) -> None:
        load(A, ago(2))
        load(B, ago(4))
        assert load(A, ago(6)).active is False
        assert stored() == [(ago(6), False, "Anna"), (ago(4), True, "Berta")]
        assert [version.pk for version in lists.published_by(ago(3))] == [ListVersion.objects.latest("pk").pk]

    def test_the_one_that_becomes_active_may_not_be_far_shorter(self, load: Load) -> None:
        load(A, ago(2))
        load(B[:3], ago(4))
        with pytest.raises(lists.Shrunk, match="has 3 entries, the active one 20"), transaction.atomic():
            load(A, ago(6))
        assert stored() == [(ago(2), True, "Anna"), (ago(4), False, "Berta")]
        assert load(A, ago(6), may_shrink=True).active is False

    def test_nothing_is_corrected_when_the_audit_fails(self, load: Load) -> None:
        load(A, ago(2))
        with patch("accounts.audit.record", side_effect=OSError), pytest.raises(OSError), transaction.atomic():
            load(A, ago(6))
        assert stored() == [(ago(2), True, "Anna")]


class TestGoingBack:
    """To what was given out before."""

    def test_is_a_version_of_its_own_and_in_use(self, load: Load) -> None:
        load(A, ago(5))
        load(B, ago(4))
        again = load(A, ago(3))
        assert (again.active, again.changed) == (True, 20)
        assert stored() == [(ago(5), False, "Anna"), (ago(4), False, "Berta"), (ago(3), True, "Anna")]
        each = [lists.published_by(ago(days))[0].entries.earliest("pk").name.split()[0] for days in (5, 4, 3)]
        assert each == ["Anna", "Berta", "Anna"]

    def test_is_seen_where_no_day_is_named(self, load: Load) -> None:
        load(A, ago(5))
        load(B, ago(4))
        again = load(A)
        assert (again.published, again.active) == (str(ago(0)), True)
        assert load(A) == again

    def test_on_the_day_of_the_other_too(self, load: Load) -> None:
        load(A, ago(5))
        load(B, ago(4))
        assert load(A, ago(4)).active
        assert [active for _, active, _ in stored()] == [False, False, True]

    def test_and_all_files_again_with_their_days_change_nothing(self, load: Load) -> None:
        every = [(A, ago(5)), (B, ago(4)), (A, ago(3))]
        for _ in range(3):
            answers = [load(rows, day) for rows, day in every]
            assert [answer.active for answer in answers][-1] is True
        assert [active for _, active, _ in stored()] == [False, False, True]

    def test_and_correcting_it_corrects_the_later_of_the_two(self, load: Load) -> None:
        for rows, days in ((A, 6), (B, 5), (A, 3)):
            load(rows, ago(days))
        load(A, ago(2))
        assert [day for day, _, _ in stored()] == [ago(6), ago(5), ago(2)]

    def test_everybody_is_compared_again_each_time(self, load: Load) -> None:
        cast.founded(cast.customer())
        one, other = load(A, ago(5)).version, load(B, ago(4)).version
        # The day of B was wrong, so that A comes into use again; and then that of A was too.
        load(B, ago(6))
        load(A, ago(7))
        assert Party.objects.exists()
        asked = Rescreening.objects.order_by("pk").values_list("version", "since")
        assert list(asked) == [(one, None), (other, one), (one, other), (other, one)]
