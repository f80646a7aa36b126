"""What may be read: dated facts hold by their dates, others from when they were recorded."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone, translation

from accounts import snapshots
from accounts.models import Organisation
from kyc.cases.models import Examination
from kyc.parties.models import Party, Role
from kyc.rules import packs
from reports.facts import examined
from reports.facts.reader import Reader, country, day, exact, instant, masked
from tests import cast
from tests.reports import story

NOON = datetime(2026, 11, 24, 12, 0, 0, 7, tzinfo=UTC)


class TestWriting:
    def test_an_instant_is_to_the_second_and_an_exact_one_as_it_is_stored(self) -> None:
        assert instant(NOON) == "2026-11-24T12:00:00Z"
        assert exact(NOON) == "2026-11-24T12:00:00.000007Z"
        assert (instant(None), day(None), day(date(2026, 1, 2))) == ("", "", "2026-01-02")

    @pytest.mark.parametrize(("code", "text"), [("NO", "Norway (NO)"), ("HK", "Hong Kong SAR China (HK)"), ("", "")])
    def test_a_country_is_named_with_its_code(self, code: str, text: str) -> None:
        assert country(code) == text


class TestMasked:
    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            ("", ""),
            ("1", "•"),
            ("12345", "•••••"),
            ("123456", "•••456"),
            ("918334207", "••••••207"),
            ("AB 12 34", "•••••" + " 34"),
        ],
    )
    def test_at_most_half_of_it_is_shown(self, number: str, shown: str) -> None:
        assert masked(number) == shown


def reader(organisation: Organisation, valid_at: datetime) -> Reader:
    return Reader(organisation=organisation.pk, valid_at=valid_at, snapshot=snapshots.take(), pack=packs.current())


def morning(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T08:00:00+00:00")


@pytest.mark.django_db(transaction=True)
class TestHeld:
    @pytest.fixture
    def party(self) -> Party:
        organisation = Organisation.objects.create(name="Nordlys")
        return Party.objects.create(organisation=organisation, kind="person", name="Alice Olsen")

    def begun(self, party: Party, kind: str, start: str, end: str | None = None) -> Role:
        until = date.fromisoformat(end) if end else None
        dates = {"valid_from": date.fromisoformat(start), "valid_to": until}
        return Role.objects.create(organisation=party.organisation, party=party, kind=kind, **dates)

    def test_what_was_recorded_late_holds_by_its_own_dates(self, party: Party) -> None:
        self.begun(party, "director", "2024-03-01", "2024-06-30")
        self.begun(party, "owner", "2024-06-30")
        told = {
            text: [role.kind for role in reader(party.organisation, morning(text)).held(Role)]
            for text in ("2024-02-29", "2024-03-01", "2024-06-29", "2024-06-30", "2025-01-01")
        }
        assert told == {
            "2024-02-29": [],
            "2024-03-01": ["director"],
            "2024-06-29": ["director"],
            "2024-06-30": ["owner"],
            "2025-01-01": ["owner"],
        }

    def test_what_begins_or_ends_today_does_so_from_when_it_was_recorded(self, party: Party) -> None:
        today = timezone.now().date().isoformat()
        before = snapshots.take().taken_at
        role = self.begun(party, "owner", today)
        during = snapshots.take().taken_at
        role.valid_to = role.valid_from
        role.save(update_fields=["valid_to"])
        after = snapshots.take().taken_at
        assert [len(reader(party.organisation, at).held(Role)) for at in (before, during, after)] == [0, 1, 0]

    def test_a_date_that_lies_ahead_does_not_hold_yet(self, party: Party) -> None:
        tomorrow = timezone.now().date() + timedelta(days=1)
        self.begun(party, "owner", tomorrow.isoformat())
        assert reader(party.organisation, timezone.now()).held(Role) == []

    def test_a_party_recorded_later_is_named_as_known_when_a_dated_fact_names_it(self, party: Party) -> None:
        self.begun(party, "owner", "2024-03-01")
        assert reader(party.organisation, morning("2024-03-02")).name(party.pk) == "Alice Olsen"

    def test_another_organisation_is_never_read(self, party: Party) -> None:
        self.begun(party, "owner", "2024-03-01")
        other = Organisation.objects.create(name="Sudlys")
        found = reader(other, timezone.now())
        assert (found.held(Role), found.parties, found.name(party.pk), list(found.events(Party))) == ([], {}, "", [])

    def test_what_was_recorded_after_the_instant_is_counted(self, party: Party) -> None:
        moment = snapshots.take().taken_at
        assert reader(party.organisation, timezone.now()).later(Role) == 0
        self.begun(party, "owner", "2024-03-01")
        assert reader(party.organisation, moment).later(Role) == 1


class TestPeople:
    @pytest.mark.django_db(transaction=True)
    def test_they_go_by_their_name_or_else_their_address(self) -> None:
        named, unnamed = cast.customer(), cast.customer("bob@sudlys.example", "")
        found = reader(SimpleNamespace(pk=0), timezone.now()).people([named.pk, unnamed.pk, None, 999999])
        assert found == {None: "", named.pk: "Alice Olsen", unnamed.pk: "bob@sudlys.example"}


@pytest.mark.django_db(transaction=True)
class TestToldApart:
    """Two people of one name, in one organisation."""

    @pytest.fixture
    def organisation(self) -> Organisation:
        return Organisation.objects.create(name="Al Ufuq")

    def party(self, organisation: Organisation, **fields: str) -> Party:
        return Party.objects.create(organisation=organisation, **{"kind": "person", "name": "Layla Haddad", **fields})

    def test_by_birth_year_country_and_role(self, organisation: Organisation) -> None:
        elder = self.party(organisation, birth_date="1975-02-03", country="JO")
        younger = self.party(organisation, birth_date="1990-01-25", country="JO")
        Role.objects.create(organisation=organisation, party=younger, kind="director", valid_from=date(2026, 1, 1))
        found = reader(organisation, timezone.now())
        assert (found.brief(elder.pk), found.brief(younger.pk)) == ("Layla Haddad (1975, JO)", "Layla Haddad (1990, JO)")
        assert found.about(elder.pk) == "Person, born 1975, Jordan (JO)"
        assert found.about(younger.pk) == "Person, born 1990, Jordan (JO), Director"

    def test_where_nothing_else_differs_by_number(self, organisation: Organisation) -> None:
        one, other = self.party(organisation), self.party(organisation)
        found = reader(organisation, timezone.now())
        assert found.brief(one.pk) == f"Layla Haddad, party {one.pk}"
        assert found.about(other.pk) == f"Person, party {other.pk}"

    def test_who_is_not_there_has_no_name(self, organisation: Organisation) -> None:
        found = reader(organisation, timezone.now())
        assert (found.brief(7), found.about(7), found.brief(None)) == ("", "", "")


@pytest.mark.django_db(transaction=True)
class TestCurrentHits:
    def test_only_those_of_the_lists_and_names_of_the_last_round_count(self, tmp_path: Path) -> None:
        story.load_list(tmp_path)
        told = story.declared(cast.customer())
        story.examine()
        before = reader(told.organisation, timezone.now())
        assert sorted(hit.party_name for hit in before.current_hits) == ["Alice Olsen", "Solveig Nyquist"]
        Examination.objects.update(lists=[])
        after = reader(told.organisation, timezone.now())
        assert (len(after.hits), after.current_hits) == (2, [])
        with translation.override("en"):
            rows = examined.screening(after)
        assert (rows["open"], {row["ruling"] for row in rows["hits"]}) == (0, {examined.OVERTAKEN})
        assert {row["result"] for row in rows["parties"]} == {"not screened: no list was loaded"}

    def test_who_was_declared_after_the_round_was_not_screened(self, tmp_path: Path) -> None:
        story.load_list(tmp_path)
        told = story.declared(cast.customer())
        story.examine()
        Party.objects.create(organisation=told.organisation, kind="person", name="Late Comer")
        rows = examined.screening(reader(told.organisation, timezone.now()))["parties"]
        assert (rows[-1]["party"], rows[-1]["lists"]) == ("Late Comer", "")
        assert rows[-1]["result"] == "not screened: declared after the last round"
        assert len(rows) == 5
