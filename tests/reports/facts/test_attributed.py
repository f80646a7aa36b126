"""One key over an interval, by links and terms written down here: who answered for it in a stretch, and until when it lived."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from reports.facts.access import named
from reports.facts.attributed import Attributed, plainly
from reports.facts.changes import UNNAMED
from reports.facts.intervals import Interval
from reports.facts.ledger import Ledger

START = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = {1: "Alice Olsen", 2: "Bo Lind"}


def hour(count: float) -> datetime:
    return START + timedelta(hours=count)


def row(pk: int, **about: Any) -> Any:
    usual = {"pgh_obj_id": pk, "replaces_id": None, "issued_at": hour(0), "issued_by_id": None, "responsible_id": 1}
    usual |= {"revoked_at": None, "revoked_by_id": None, "revoke_reason": "", "expires_at": None, "prefix": f"kh_live_{pk}"}
    return SimpleNamespace(**(usual | about))


def link(start: float, end: float | None = None, *, responsible: int = 1, entity: int = 1) -> Any:
    return SimpleNamespace(
        **{"pgh_obj_id": 1, "key_id": 1, "entity_id": entity, "responsible_id": responsible, "valid_from": hour(start)},
        **{"valid_to": None if end is None else hour(end), "because": "verified", "ended_because": "another answers for it"},
    )


def attributed(mine: Any, *links: Any, others: tuple[Any, ...] = (), entity_ends: float = 1000) -> Attributed:
    """The interval is of ten hours."""
    entity = SimpleNamespace(reference="E-1", name="Nordlys", valid_from=hour(-9), valid_until=hour(entity_ends), ended_at=None)
    span = Interval(hour(0), hour(10))
    keys = {one.pgh_obj_id: one for one in (mine, *others)}
    reader: Any = SimpleNamespace(valid_at=span.end, since=span.start, brief=lambda pk: PEOPLE.get(pk, ""))
    ledger: Any = SimpleNamespace(
        reader=reader,
        span=span,
        keys=keys,
        then=keys,
        links=list(links),
        holds=[],
        entities={1: entity},
        by_then=lambda at: at if at and at < span.end else None,
    )
    return Attributed(ledger, mine)


class TestAnsweredTo:
    def test_of_two_links_that_follow_each_other_both_chains_are_told_and_no_gap(self) -> None:
        found = attributed(row(1), link(0, 4), link(4, responsible=2))
        both = "to E-1, Alice Olsen: verified; then to E-1, Bo Lind: verified"
        assert found.answered_to(hour(3), hour(6)) == both
        assert found.answered_to(hour(4), hour(6)) == "to E-1, Bo Lind: verified"

    def test_one_chain_is_told_once_whoever_renewed_the_link(self) -> None:
        found = attributed(row(1), link(0, 4), link(4))
        assert found.answered_to(hour(3), hour(6)) == "to E-1, Alice Olsen: verified"

    def test_a_gap_between_two_links_is_told_as_a_part(self) -> None:
        found = attributed(row(1), link(0, 4), link(5))
        assert found.answered_to(hour(3), hour(6)) == "in part to no verified entity"

    def test_where_nothing_is_covered_it_says_so(self) -> None:
        found = attributed(row(1), link(0, 4), link(8))
        assert found.answered_to(hour(5), hour(7)) == "to no verified entity"
        assert attributed(row(1), link(0), entity_ends=2).answered_to(hour(3), hour(4)) == "to no verified entity"

    def test_before_the_first_link_and_after_the_life_nothing_counts(self) -> None:
        found = attributed(row(1, revoked_at=hour(6)), link(2))
        assert found.answered_to(hour(1), hour(3)) == "to E-1, Alice Olsen: verified"
        assert found.answered_to(hour(7), hour(8)) == "outside the life of the key"


class TestTerm:
    def test_a_key_whose_term_ran_out_is_not_active(self) -> None:
        found = attributed(row(1, expires_at=hour(6)), link(0))
        assert (found.state(), found.life) == ("expired", Interval(hour(0), hour(6)))
        assert found.answered_to(hour(7), hour(8)) == "outside the life of the key"
        assert [(at, what) for at, what, *_ in found.own_changes()][-1] == (hour(6), "expired")

    def test_it_is_expired_also_where_it_ended_before_the_interval(self) -> None:
        found = attributed(row(1, issued_at=hour(-5), expires_at=hour(-1)), link(-5))
        assert (found.state(), found.life) == ("expired", None)

    def test_one_that_runs_out_at_the_end_or_later_is_active(self) -> None:
        for end in (10, 11):
            found = attributed(row(1, expires_at=hour(end)), link(0))
            assert (found.state(), found.life) == ("active", Interval(hour(0), hour(10)))
            assert "expired" not in [what for _, what, *_ in found.own_changes()]

    def test_of_revocation_and_term_the_first_ends_the_life(self) -> None:
        first = attributed(row(1, expires_at=hour(6), revoked_at=hour(4)), link(0))
        assert (first.state(), first.life, first.expired_at) == ("revoked", Interval(hour(0), hour(4)), None)
        later = attributed(row(1, expires_at=hour(4), revoked_at=hour(6)), link(0))
        assert (later.state(), later.life) == ("revoked", Interval(hour(0), hour(4)))

    def test_nobody_is_missed_behind_it_after_its_term(self) -> None:
        assert list(attributed(row(1, expires_at=hour(6)), link(0, 6)).gaps()) == []


class TestRolled:
    def test_what_was_issued_in_its_place_after_the_interval_is_not_told(self) -> None:
        within, after = row(2, replaces_id=1, issued_at=hour(9)), row(3, replaces_id=1, issued_at=hour(10))
        found = attributed(row(1), link(0), others=(within, after))
        assert [other.pgh_obj_id for other in found.successors()] == [2]


class TestPlainly:
    def test_what_an_event_keeps_reads_as_words(self) -> None:
        told = [plainly(value) for value in (["inference", "usage"], True, False, 2, [])]
        assert told == ["inference, usage", "yes", "no", "2", ""]


class TestOfARestriction:
    HOLD = SimpleNamespace(
        **{"pgh_obj_id": 7, "source": "restriction", "reason": "We look.", "placed_at": hour(2), "placed_by_id": 3},
        **{"lifted_at": hour(5), "lifted_by_id": 4, "lift_reason": "It was undone", "key_id": None, "entity_id": None},
    )

    def test_its_hold_is_an_officers_and_of_nobody_by_name(self) -> None:
        found = attributed(row(1))
        ledger: Any = found.ledger
        found.holds, ledger.names = [self.HOLD], {3: "Vasco", 4: "Ines", UNNAMED: "An officer"}
        ledger.roles = {3: [(hour(0), "investigator")], 4: [(hour(0), "investigator")]}
        ledger.role = lambda person, at: Ledger.role(ledger, person, at)
        told = [found.change_row(*change) for change in found.hold_changes()]
        assert [(row["by"], row["role"]) for row in told] == [("An officer", "")] * 2
        assert told[0]["change"] == "the organisation: We look. (officer)"

    def test_nor_in_a_dossier(self) -> None:
        people = {None: "", 3: "Vasco", 4: "Ines"}
        assert named(self.HOLD, 3, people) == named(self.HOLD, 4, people) == "An officer"
        assert (named(self.HOLD, None, people), named(SimpleNamespace(source="officer"), 3, people)) == ("", "Vasco")
