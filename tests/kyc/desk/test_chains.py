"""The chain of each key, as it was known at the end of any day."""

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from accounts import snapshots
from accounts.models import Snapshot
from kyc.desk import chains
from kyc.keys import actions as keys
from kyc.keys import linking
from kyc.keys.models import Key
from kyc.ownership.models import Interest
from kyc.parties.models import Party, Profile
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
    (line,), (owner,) = before.keys, before.owners
    assert (line.name, line.state, line.responsible, line.gap) == ("prod", "Active", "Alice Olsen", "")
    assert before.entity.endswith("Nordlys Modelling AS") and before.gap == ""
    assert (owner.name, owner.holds, owner.of, owner.is_person) == ("Alice Olsen", "Shares 100 %", "Nordlys Modelling AS", True)
    between = chains.asked(nordlys.organisation, days_ago(1))
    ((new,),) = (chain.keys for chain in between.chains)
    assert (new.key, new.gap) == (str(second.key), "not linked yet")
    assert [(old.state, old.gap) for old in between.over] == [("Revoked", "")]
    (now,) = chains.asked(nordlys.organisation, "").chains
    assert [line.gap for line in now.keys] == [""]


def test_goes_on_to_the_people_behind_companies_and_ends_in_a_circle(
    nordlys: Founded,  # noqa: F811
    linked: Issued,  # noqa: F811
    taken: Callable[[int], None],
) -> None:
    issue(nordlys, "second")
    linking.run()
    made = {
        name: Party.objects.create(organisation=nordlys.organisation, name=name, kind=kind)
        for name, kind in (("Fjord AS", "company"), ("Dal AS", "company"), ("Solveig", "person"), ("The county", "state"))
    }
    for owner, owned, kind, share in (
        ("Fjord AS", nordlys.party, "votingRights", "40"), ("Solveig", made["Fjord AS"], "shareholding", "60"),
        ("Solveig", made["Fjord AS"], "votingRights", "1/3"), ("Dal AS", made["Fjord AS"], "shareholding", "20"),
        ("The county", made["Fjord AS"], "shareholding", "20"), ("Fjord AS", made["Dal AS"], "shareholding", "5"),
    ):  # fmt: skip
        Interest.objects.create(
            organisation=nordlys.organisation, owner=made[owner], owned=owned, kind=kind, share=share, valid_from="2026-01-01"
        )
    taken(0)
    (chain,) = chains.asked(nordlys.organisation, "").chains
    assert len(chain.keys) == 2, "keys of one entity stand together"
    assert [(owner.name, owner.holds, owner.of, owner.gap) for owner in chain.owners][1:] == [
        ("Fjord AS", "Voting rights 40 %", "Nordlys Modelling AS", ""),
        ("Solveig", "Shares 60 %, Voting rights 1/3 (≈ 33.33 %)", "Fjord AS", ""),
        ("Dal AS", "Shares 20 %", "Fjord AS", ""),
        ("The county", "Shares 20 %", "Fjord AS", ""),
        ("Fjord AS", "Shares 5 %", "Dal AS", ""),
    ]


@pytest.mark.parametrize(("customer_class", "gap"), [("company", "no owner is known"), ("state_body", "")])
def test_a_state_body_has_no_owners_and_that_is_no_gap(
    nordlys: Founded,  # noqa: F811
    linked: Issued,  # noqa: F811
    taken: Callable[[int], None],
    customer_class: str,
    gap: str,
) -> None:
    Interest.objects.update(valid_to=timezone.localdate())
    Profile.objects.update_or_create(organisation=nordlys.organisation, defaults={"customer_class": customer_class})
    taken(0)
    (chain,) = chains.asked(nordlys.organisation, "").chains
    assert (chain.owners, chain.gap) == ((), gap)


def test_says_since_when_something_is_recorded(nordlys: Founded) -> None:  # noqa: F811
    first = snapshots.take()
    told = chains.asked(nordlys.organisation, "2000-01-01").wrong
    assert told.endswith(f"records begin on {date_format(first.taken_at.astimezone(UTC), 'j F Y')}.")


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2000-01-01", "Nothing is recorded yet"),
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
    assert Key.objects.get().prefix in page and "<bdi>Alice Olsen</bdi> answers for it" in page
    assert "<b><bdi>Alice Olsen</bdi></b>: <bdi>Shares 100 %</bdi>" in page
    page = reader.get(f"/desk/cases/{found.pk}/?tab=keys&on=x").content.decode()
    assert "Write a day such as 2026-11-30." in page
