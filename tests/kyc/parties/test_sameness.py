"""One company that two customers named: proposed by a shared number alone, ruled by an officer, merged by nobody."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import scope
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from kyc.ownership import actions as ownership
from kyc.parties import sameness
from kyc.parties.models import Party, Sameness
from kyc.parties.sameness import Pair
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db
LEI, OTHER_LEI = "5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


@scene
def sorvik() -> Founded:
    found = founded(customer("bo@sorvik.example", "Bo Berg"), name="Sorvik AS", person="Bo Berg", told=False)
    Party.objects.filter(pk=found.party.pk).update(registration_number="")
    found.party.refresh_from_db()
    found.party.registration_number = "995525828"
    found.party.save()
    return found


@pytest.fixture
def ana(db: None) -> User:
    return staff("analyst", "Ana Maric")


def names(found: Founded, name: str = "Fjord Holding AS", **told: Any) -> Party:
    more = {"country": "NO", "hq_country": "NO"} | told
    return ownership.declare_owner(
        found.organisation, owned=found.party, kind="company", name=name, share="10", **more, by=found.by
    ).owner


def pairs(found: Founded) -> list[Pair]:
    return sameness.alike(list(Party.objects.current().filter(organisation=found.organisation)))


def told(found: Founded) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(pair.party.name, pair.other.name, pair.shared) for pair in pairs(found)]


class TestAlike:
    @pytest.mark.parametrize(
        ("number", "code"),
        [
            ({"lei": LEI}, "lei"),
            ({"registration_number": "918 000 111"}, "register"),
            ({"registration_number": "7654321", "country": "US", "register": "US-DE-CR"}, "register"),
            ({"registration_number": "C.12345", "country": "KE"}, "register"),
            ({"tax_number": "NO 995 525 828 MVA"}, "tax"),
        ],
    )
    def test_by_a_number_that_both_gave(self, nordlys: Founded, sorvik: Founded, number: dict[str, str], code: str) -> None:
        names(nordlys, **number)
        names(sorvik, "Fjord Holdings", **{name: value.replace(" ", "") for name, value in number.items()})
        assert told(nordlys) == [("Fjord Holding AS", "Fjord Holdings", (code,))]
        assert told(sorvik) == [("Fjord Holdings", "Fjord Holding AS", (code,))]

    @pytest.mark.parametrize(
        ("mine", "theirs"),
        [
            ({}, {}),
            ({"lei": LEI}, {"lei": OTHER_LEI}),
            ({"registration_number": "918000111"}, {"registration_number": "918000111", "country": "DK"}),
            (
                {"registration_number": "7654321", "country": "US", "register": "US-DE-CR"},
                {"registration_number": "7654321", "country": "US", "register": "US-NV-CR"},
            ),
            ({"registration_number": "7654321", "country": "US"}, {"registration_number": "7654321", "country": "US"}),
            ({"tax_number": "12345678X", "tax_country": "KE"}, {"tax_number": "12345678X", "tax_country": "TZ"}),
            ({"registration_number": "12345678"}, {"tax_number": "12345678", "tax_country": "KE"}),
        ],
    )
    def test_never_by_the_name_nor_by_numbers_of_two_kinds(
        self, nordlys: Founded, sorvik: Founded, mine: dict[str, str], theirs: dict[str, str]
    ) -> None:
        names(nordlys, **mine)
        names(sorvik, **theirs)
        assert told(nordlys) == []

    def test_people_of_one_name_and_birth_date_are_not_proposed(self, nordlys: Founded, sorvik: Founded) -> None:
        for found in (nordlys, sorvik):
            ownership.declare_owner(
                found.organisation, owned=found.party, name="Kari Moe", birth_date="1975-02-03", share="10", country="NO",
                by=found.by,
            )  # fmt: skip
        assert told(nordlys) == []

    def test_two_of_one_customer_are_no_matter_of_this(self, nordlys: Founded, sorvik: Founded) -> None:
        for name in ("Fjord Holding AS", "Havn AS"):
            names(nordlys, name, lei=LEI)
        assert told(nordlys) == []

    def test_whoever_was_removed_and_a_sandbox_are_left_out(self, nordlys: Founded, sorvik: Founded) -> None:
        names(nordlys, lei=LEI)
        theirs = names(sorvik, lei=LEI)
        Organisation.objects.filter(pk=sorvik.organisation.pk).update(sandbox="approved")
        assert told(nordlys) == []
        Organisation.objects.filter(pk=sorvik.organisation.pk).update(sandbox="")
        assert len(told(nordlys)) == 1
        ownership.end(theirs.interests.get(), by=sorvik.by)
        assert told(nordlys) == []

    def test_takes_as_many_queries_however_many_there_are(self, nordlys: Founded, sorvik: Founded) -> None:
        names(nordlys, lei=LEI, registration_number="918000111")
        names(sorvik, lei=LEI, registration_number="918000111")
        counts = []
        for number in range(3):
            parties = list(Party.objects.current().filter(organisation=nordlys.organisation))
            with CaptureQueriesContext(connection) as queries:
                sameness.alike(parties)
            counts.append(len(queries))
            for found in (nordlys, sorvik):
                names(found, f"Havn {number} AS", registration_number=f"9180002{number}0")
        assert counts == [counts[0]] * 3


class TestRule:
    @pytest.fixture
    def both(self, nordlys: Founded, sorvik: Founded) -> tuple[Party, Party]:
        return names(nordlys, lei=LEI), names(sorvik, "Fjord Holdings", lei=LEI)

    def test_stands_at_both_and_merges_nothing(
        self, both: tuple[Party, Party], nordlys: Founded, sorvik: Founded, ana: User
    ) -> None:
        before = list(Party.objects.order_by("pk").values_list("pk", "name", "organisation", "removed_on"))
        ruling = sameness.rule(*both, ruling="same", reason=" One LEI, one address. ", by=ana)
        assert (ruling.organisation, ruling.shared, ruling.reason) == (nordlys.organisation, ["lei"], "One LEI, one address.")
        assert [pair.ruling for pair in (*pairs(nordlys), *pairs(sorvik))] == [ruling, ruling]
        assert list(Party.objects.order_by("pk").values_list("pk", "name", "organisation", "removed_on")) == before

    def test_the_record_names_neither(self, both: tuple[Party, Party], ana: User) -> None:
        sameness.rule(*both, ruling="same", reason="One LEI.", by=ana)
        event = AuditEvent.objects.get(verb="sameness.ruled")
        assert (event.details, event.reason) == ({"shared": ["lei"], "is_same": True}, "")
        assert event.organisation_id is None, "it stood in one customer's record, of the other"

    def test_a_later_word_takes_the_place_of_an_earlier_from_either_side(
        self, both: tuple[Party, Party], nordlys: Founded, ana: User
    ) -> None:
        for _ in range(2):
            sameness.rule(*both, ruling="same", reason="One LEI.", by=ana)
        sameness.rule(both[1], both[0], ruling="different", reason="Another LEI was meant.", by=ana)
        rows = [(row.ruling, row.superseded_at is None) for row in Sameness.objects.order_by("pk")]
        assert rows == [("same", False), ("different", True)]
        [pair] = pairs(nordlys)
        assert pair.ruling and pair.ruling.ruling == "different"

    @pytest.mark.parametrize(
        ("ruling", "reason", "refusal"),
        [
            ("same", " ", sameness.Unexplained),
            ("same", "\u200b \u2060", sameness.Unexplained),
            ("same", "One\u200bLEI.", BadText),
            ("perhaps", "So.", sameness.BadRuling),
        ],
    )
    def test_needs_a_word_and_a_reason(
        self, both: tuple[Party, Party], ana: User, ruling: str, reason: str, refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            sameness.rule(*both, ruling=ruling, reason=reason, by=ana)
        assert not Sameness.objects.exists()

    def test_two_that_share_nothing_are_not_ruled_on(self, nordlys: Founded, sorvik: Founded, ana: User) -> None:
        with pytest.raises(sameness.NotAlike):
            sameness.rule(names(nordlys), names(sorvik), ruling="same", reason="One name.", by=ana)

    def test_only_who_judges_evidence_may(self, both: tuple[Party, Party]) -> None:
        with pytest.raises(NotPermitted):
            sameness.rule(*both, ruling="same", reason="One LEI.", by=staff("auditor"))

    def test_the_database_shows_it_to_no_customer(self, both: tuple[Party, Party], nordlys: Founded, ana: User) -> None:
        sameness.rule(*both, ruling="same", reason="One LEI.", by=ana)
        history: Any = Sameness.pgh_event_model  # type: ignore[attr-defined]  # pghistory adds it
        for party in both:
            with scope.of(party.organisation_id):
                assert Party.objects.filter(pk=party.pk).exists()
                assert not Sameness.objects.exists() and not history.objects.exists()
        with scope.everything():
            assert Sameness.objects.exists() and history.objects.exists()
