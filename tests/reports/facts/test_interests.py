"""Votes, profits and control beside shares, as the facts of a report tell them."""

from datetime import date
from typing import Any

import pytest

from accounts.models import User
from kyc.ownership import actions as ownership
from kyc.ownership import observing
from kyc.parties.models import Party
from kyc.rules import packs
from reports.facts import picture
from reports.facts.changes import changes
from reports.facts.customer import ownership as told_of
from reports.facts.reader import Reader
from tests.cast import Founded, customer, founded, staff
from tests.reports.moments import uncommitted
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    found = founded(customer())
    declare(found, "Kari Moe", "shareholding", "60")
    kari = Party.objects.get(name="Kari Moe")
    declare(found, "", "votingRights", "1/3", owner=kari)
    declare(found, "", "rightsToProfitOrIncome", "", owner=kari, is_indirect=True)
    declare(found, "", "appointmentOfBoard", "", owner=kari)
    return found


@scene
def ana() -> User:
    return staff("analyst")


def declare(found: Founded, name: str, interest: str, share: str, **more: Any) -> None:
    who = {"name": name, "country": "NO"} if name else {}
    ownership.declare_owner(found.organisation, owned=found.party, interest=interest, share=share, by=found.by, **who, **more)


def reader(found: Founded) -> Reader:
    snapshot = uncommitted()
    return Reader(organisation=found.organisation.pk, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current())


def test_each_is_told_with_its_kind_its_size_and_whether_it_is_held_directly(nordlys: Founded) -> None:
    rows = told_of(reader(nordlys))["interests"]
    assert [(row["interest"], row["share"], row["min"], row["held"]) for row in rows] == [
        ("Shares", "60 %", "3/5", "directly"),
        ("Voting rights", "≈ 33.33 %", "1/3", "directly"),
        ("Rights to profits", "unknown", "0", "through others who are not named"),
        ("Appoints or removes most of the board", "", "", "directly"),
    ]


def test_only_shares_leave_something_unaccounted(nordlys: Founded) -> None:
    assert [row["share"] for row in told_of(reader(nordlys))["unaccounted"]] == ["40 %"]


def test_what_each_kind_counts_for_is_told(nordlys: Founded) -> None:
    rows = {row["interest"]: row for row in told_of(reader(nordlys))["weights"]}
    assert list(rows) == ["Shares", "Voting rights", "Rights to profits", "Appoints or removes most of the board"]
    assert "OFAC 50 Percent Rule" in rows["Shares"]["owned"] and "OFAC 50 Percent Rule" in rows["Voting rights"]["nothing"]
    assert rows["Rights to profits"]["owned"] == ["EU AMLR, ownership interest"]
    assert "Ultimate parent" in rows["Appoints or removes most of the board"]["controls"]


def test_of_shares_alone_nothing_is_said_of_what_counts() -> None:
    alone = founded(customer("eve@other.example", "Eve"))
    declare(alone, "Kari Moe", "shareholding", "60")
    assert told_of(reader(alone))["weights"] == []


def test_the_lines_of_the_picture_say_what_and_how_much(nordlys: Founded) -> None:
    found = reader(nordlys)
    lines = picture.lines(found, {"ownership": told_of(found)})
    assert [(line.share, line.is_open) for line in lines][:4] == [
        ("rights to profits · unknown · through others", True),
        ("60 %", False),
        ("voting rights · ≈ 33.33 %", False),
        ("appoints or removes most of the board", False),
    ]


def test_what_a_source_says_and_how_it_differs_is_told_by_kind(nordlys: Founded, ana: User) -> None:
    place = {"source": "officialRegister", "found_in": "Brønnøysund register", "stated_on": date(2026, 6, 1)}
    kari = Party.objects.get(name="Kari Moe")
    observing.observe(nordlys.organisation, owned=nordlys.party, owner=kari, kind="votingRights", share="50-75", by=ana, **place)
    observing.observe(nordlys.organisation, owned=nordlys.party, owner=kari, kind="otherInfluenceOrControl", by=ana, **place)
    facts = told_of(reader(nordlys))
    assert [row["says"] for row in facts["observed"]] == ["voting rights: 50 % to 75 %", "control in another way"]
    assert [(row["kind"], row["declared"], row["observed"]) for row in facts["discrepancies"]] == [
        ("Another share", "voting rights: ≈ 33.33 %", "voting rights: 50 % to 75 %"),
        (
            "Another kind of interest",
            "60 % + voting rights: ≈ 33.33 % + rights to profits: a share that is not stated + "
            "appoints or removes most of the board",
            "control in another way",
        ),
    ]


def test_the_history_names_the_kind(nordlys: Founded) -> None:
    rows = [row["which"] for row in changes(reader(nordlys))["rows"] if row["what"] == "interest"]
    assert [row.partition("AS (NO), ")[2] for row in rows] == [
        "60 %",
        "voting rights: ≈ 33.33 %",
        "rights to profits: unknown",
        "appoints or removes most of the board",
    ]
