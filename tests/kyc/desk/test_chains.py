"""The chain of each key, as it was known at the end of any day."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import snapshots
from accounts.models import Snapshot
from kyc.desk import chains
from kyc.keys import actions as keys
from kyc.keys import linking
from kyc.keys.models import Key
from tests.cast import Founded, signed_in, staff
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db(transaction=True)


def days_ago(days: int) -> str:
    return (timezone.now() - timedelta(days=days)).date().isoformat()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Stores a snapshot of now, which counts as one of so many days ago; nobody may change when a snapshot was taken."""
    shots: dict[str, Snapshot] = {}
    monkeypatch.setattr(snapshots, "at", lambda instant: shots[(instant - timedelta(seconds=1)).date().isoformat()])
    return lambda days: shots.update({days_ago(days): snapshots.take()})


def test_a_line_from_the_key_to_the_owners_as_it_was_on_each_day(
    nordlys: Founded,  # noqa: F811
    linked: Issued,  # noqa: F811
    taken: Callable[[int], None],
) -> None:
    taken(2)
    second = issue(nordlys, "second")
    keys.revoke(linked.key, by=nordlys.by)
    taken(1)
    linking.run()
    taken(0)
    (before,) = chains.asked(nordlys.organisation, days_ago(2)).chains
    assert (before.name, before.state, before.responsible, before.gap) == ("prod", "Active", "Alice Olsen", "")
    assert before.entity.endswith("Nordlys Modelling AS") and before.owners == (("Alice Olsen", "100"),)
    new, old = chains.asked(nordlys.organisation, days_ago(1)).chains
    assert (new.key, new.gap) == (str(second.key), "linked to nobody")
    assert (old.state, old.gap) == ("Revoked", "linked to nobody")
    assert chains.asked(nordlys.organisation, "").chains[0].gap == ""


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2000-01-01", "Nothing was recorded yet"),
        ("9999-12-31", "Write a day"),
        ("9000-01-01", "has not come"),
        ("x", "Write a day"),
    ],
)
def test_what_cannot_be_told_is_said(nordlys: Founded, day: str, sentence: str) -> None:  # noqa: F811
    told = chains.asked(nordlys.organisation, day)
    assert sentence in told.wrong and told.chains == ()


def test_the_desk_shows_it(
    nordlys: Founded,  # noqa: F811
    linked: Issued,  # noqa: F811
    taken: Callable[[int], None],
) -> None:
    taken(0)
    found = nordlys.organisation.case_set.latest("pk")
    reader = signed_in(staff("approver", "Vigdis"))
    page = reader.get(f"/desk/cases/{found.pk}/?tab=keys").content.decode()
    assert Key.objects.get().prefix in page and "→ <bdi>Alice Olsen</bdi> → <bdi>" in page
    page = reader.get(f"/desk/cases/{found.pk}/?tab=keys&on=x").content.decode()
    assert "Write a day such as 2026-11-30." in page
