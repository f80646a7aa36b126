from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Organisation
from reports.forms import RequestForm


@pytest.fixture
def organisation(db: None) -> Organisation:
    return Organisation.objects.create(name="Nordlys Modelling AS")


def form(organisation: Organisation, /, **values: str) -> RequestForm:
    return RequestForm({"organisation": str(organisation.pk), "as_of": "", "known_at": "", **values})


class TestRequestForm:
    def test_empty_means_now(self, organisation: Organisation) -> None:
        asked = form(organisation)
        assert asked.is_valid()
        assert asked.values() == {"valid_at": None, "known_at": None}

    def test_a_day_means_its_end_in_utc(self, organisation: Organisation) -> None:
        asked = form(organisation, as_of="2026-03-31")
        assert asked.is_valid()
        assert asked.values()["valid_at"] == datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)

    def test_today_means_now_because_its_end_has_not_come(self, organisation: Organisation) -> None:
        asked = form(organisation, as_of=f"{timezone.now():%Y-%m-%d}")
        assert asked.is_valid()
        assert timezone.now() - timedelta(seconds=5) < asked.values()["valid_at"] <= timezone.now()

    @pytest.mark.parametrize("text", ["2026-03-31T12:30:15", "2026-03-31 12:30:15"])
    def test_known_at_is_the_end_of_a_second_in_utc(self, organisation: Organisation, text: str) -> None:
        asked = form(organisation, known_at=text)
        assert asked.is_valid()
        assert asked.values()["known_at"] == datetime(2026, 3, 31, 12, 30, 15, 999_999, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"organisation": ""}, "organisation"),
            ({"organisation": "999999"}, "organisation"),
            ({"organisation": "x"}, "organisation"),
            ({"as_of": "31.02.2026"}, "as_of"),
            ({"as_of": "9999-12-31"}, "as_of"),
            ({"known_at": "yesterday"}, "known_at"),
        ],
    )
    def test_bad_input_is_explained_beside_its_field(
        self, organisation: Organisation, values: dict[str, str], field: str
    ) -> None:
        asked = form(organisation, **values)
        assert not asked.is_valid()
        assert list(asked.errors) == [field]
        assert asked.errors[field][0].endswith(".")
