"""The campaign's limit of keys that were issued elsewhere: in force by the clock, drawn on exactly, told with what is left."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Organisation, Project
from kyc.keys import introspection, pools, staged
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.introspection import introspect
from kyc.keys.pool_models import Reservation
from kyc.keys.pools import LimitReached
from kyc.keys.staged_models import StagedDay
from tests.kyc.keys.scenes import Issued
from tests.kyc.keys.test_estate_file import DIGEST, FORMS, SECRET

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
A_DAY = 10
LATER = "sk-later123" + "Z" * 32


@pytest.fixture
def key(db: None, settings: Any) -> ImportedKey:
    """Limited since yesterday, to ten requests a day."""
    settings.ESTATE_FORMS = FORMS
    organisation, now = Organisation.objects.create(name="Sørvik AS"), timezone.now()
    remediation = Remediation.objects.create(
        organisation=organisation, account="acct-7", email="bo@sorvik.example", requests_a_day=A_DAY,
        begun_at=now - 90 * DAY, reminded_at=now - 9 * DAY, limited_at=now - DAY, due_at=now + 30 * DAY,
    )  # fmt: skip
    return ImportedKey.objects.create(
        organisation=organisation, remediation=remediation, project=Project.objects.create(organisation=organisation, name="Ada"),
        prefix="sk-abcd1234", last_four="ZZZZ", digest=DIGEST.hexdigest(), scheme="sha256", issued_on=date(2024, 2, 29),
    )  # fmt: skip


@pytest.fixture
def noon() -> datetime:
    """Of today, so that no test runs over midnight."""
    return timezone.now().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def reserve(key: ImportedKey, requests: int = 1, *, number: UUID | None = None, **more: Any) -> Reservation:
    return staged.reserve(key, {"requests": requests}, ttl=MINUTE, number=number or uuid4(), **more)


def used(key: ImportedKey, requests: int, day: date) -> None:
    staged.charge({(key.organisation_id, key.pk, day): requests})


def left(key: ImportedKey, now: datetime) -> int:
    (one,) = staged.left_of(key, now=now)
    return one.left


class TestReserve:
    def test_as_much_as_the_day_leaves_and_no_more(self, key: ImportedKey, noon: datetime) -> None:
        reserve(key, 6, now=noon)
        with pytest.raises(LimitReached):
            reserve(key, 5, now=noon)
        reserve(key, 4, now=noon)
        assert left(key, noon) == 0

    def test_what_has_run_out_is_free_again_and_so_is_the_next_day(self, key: ImportedKey, noon: datetime) -> None:
        reserve(key, A_DAY, now=noon)
        assert (left(key, noon), left(key, noon + 2 * MINUTE)) == (0, A_DAY)
        used(key, A_DAY, noon.date())
        assert (left(key, noon + 2 * MINUTE), left(key, noon + DAY)) == (0, A_DAY)

    def test_the_same_number_reserves_once_and_another_thing_under_it_not(self, key: ImportedKey, noon: datetime) -> None:
        made = reserve(key, 6, now=noon)
        assert reserve(key, 6, number=made.pk, now=noon) == made and left(key, noon) == 4
        with pytest.raises(pools.AnotherReservation):
            reserve(key, 5, number=made.pk, now=noon)

    def test_before_it_is_limited_all_is_reserved_and_counted(self, key: ImportedKey, noon: datetime) -> None:
        before = noon - 2 * DAY
        staged.settle(reserve(key, 100, now=before).pk, {"requests": 100})
        assert staged.left_of(key, now=before) == [] and StagedDay.objects.get().settled == 100

    def test_tokens_have_no_limit(self, key: ImportedKey, noon: datetime) -> None:
        staged.reserve(key, {"tokens": 10**9}, ttl=MINUTE, number=uuid4(), now=noon)
        assert left(key, noon) == A_DAY

    def test_a_reservation_is_of_one_key(self, key: ImportedKey, issued: Issued) -> None:
        row = {"organisation": key.organisation, "amounts": {}, "made_at": timezone.now(), "expires_at": timezone.now() + MINUTE}
        for of in ({}, {"key": issued.key, "imported": key}):
            with pytest.raises(IntegrityError, match="reservation_is_of_one"), transaction.atomic():
                Reservation.objects.create(pk=uuid4(), **row, **of)

    def test_it_is_forgotten_with_the_others(self, key: ImportedKey, noon: datetime) -> None:
        reserve(key, now=noon - 3 * DAY)
        assert (pools.forget(), Reservation.objects.count()) == (1, 0)

    def test_and_so_is_the_day_when_it_is_long_over(self, key: ImportedKey, noon: datetime) -> None:
        for days in (0, 2, 3):
            used(key, 1, (noon - days * DAY).date())
        assert staged.QUEUE.is_waiting() and staged.forget() == 1
        assert not staged.QUEUE.is_waiting() and StagedDay.objects.count() == 2


class TestSettle:
    def test_the_truth_takes_the_place_and_counts_once(self, key: ImportedKey, noon: datetime) -> None:
        made = reserve(key, 6, now=noon)
        for _ in range(2):
            assert staged.settle(made.pk, {"requests": 2}).actual == {"requests": 2}
        assert left(key, noon) == 8

    def test_a_call_that_is_settled_and_told_counts_once(self, key: ImportedKey, noon: datetime) -> None:
        staged.settle(reserve(key, 3, now=noon).pk, {"requests": 3})
        used(key, 3, noon.date())
        assert left(key, noon) == 7
        used(key, 2, noon.date())
        assert left(key, noon) == 5

    def test_neither_settles_the_others(self, key: ImportedKey, linked: Issued, noon: datetime) -> None:
        theirs = reserve(key, now=noon)
        ours = pools.reserve(linked.key, {"requests": 1}, ttl=MINUTE, number=uuid4())
        with pytest.raises(pools.NoSuchReservation):
            pools.settle(theirs.pk, {})
        with pytest.raises(pools.NoSuchReservation):
            staged.settle(ours.pk, {})
        with pytest.raises(pools.BadAmount):
            staged.settle(theirs.pk, {"tokens": 1})


class TestAnswer:
    def test_says_what_is_left(self, key: ImportedKey) -> None:
        used(key, 3, timezone.now().astimezone(UTC).date())
        reserve(key, 2)
        (limit,) = introspect(SECRET)["limits"]
        assert limit == {
            "of": "key", "unit": "requests", "currency": "", "period": "day", "limit": A_DAY, "reserved": 2, "left": 5,
        }  # fmt: skip

    def test_refuses_what_is_used_up_and_not_what_is_reserved(self, key: ImportedKey) -> None:
        reserve(key, A_DAY)
        assert introspect(SECRET)["active"]
        used(key, A_DAY, timezone.now().astimezone(UTC).date())
        assert introspection.judged(SECRET, for_test=False).reason == "limit_reached"

    def test_of_who_is_not_limited_yet_it_says_nothing(self, key: ImportedKey) -> None:
        other = Remediation.objects.create(
            organisation=Organisation.objects.create(name="Later AS"), account="acct-8", email="x@x.example", requests_a_day=1,
            begun_at=timezone.now(), **dict.fromkeys(("reminded_at", "limited_at", "due_at"), timezone.now() + DAY),
        )  # fmt: skip
        used(key, 10**6, timezone.now().astimezone(UTC).date())
        later = ImportedKey.objects.create(
            organisation=other.organisation, remediation=other, prefix="sk-later123", last_four="ZZZZ", scheme="sha256",
            project=Project.objects.create(organisation=other.organisation, name="Ada"), issued_on=date(2024, 2, 29),
            digest=sha256(LATER.encode()).hexdigest(),
        )  # fmt: skip
        used(later, 10**6, timezone.now().astimezone(UTC).date())
        answer = introspect(LATER)
        assert answer["active"] and "limits" not in answer


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    WORKERS, EACH = 8, 6

    @pytest.fixture(autouse=True)
    def closed(self) -> Iterator[None]:
        yield
        connection.close()

    def test_reservations_are_exact_to_the_last_one(self, key: ImportedKey) -> None:
        def turn(_number: int) -> int:
            try:
                return sum(self.is_reserved(key) for _again in range(self.EACH))
            finally:
                connection.close()

        with ThreadPoolExecutor(self.WORKERS) as threads:
            made = sum(threads.map(turn, range(self.WORKERS)))
        assert made == A_DAY == Reservation.objects.count()

    def is_reserved(self, key: ImportedKey) -> bool:
        try:
            reserve(key)
        except LimitReached:
            return False
        return True
