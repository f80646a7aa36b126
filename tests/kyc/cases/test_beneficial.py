"""Who is a beneficial owner, as two officers decide it: preset from the determinations, departed from with a reason."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from accounts.models import AuditEvent, User
from kyc.cases import actions, beneficial, examining
from kyc.cases.beneficial import Departures, Unreasoned
from kyc.cases.models import Case, DecidedOwner, Decision, Examination
from kyc.ownership import actions as ownership
from kyc.ownership.models import Determination
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening.models import ListVersion
from reports.facts.examined import proposals
from reports.facts.reader import Reader
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.reports.moments import uncommitted
from tests.stage import scene

pytestmark = pytest.mark.django_db
S = DecidedOwner.Standing
REASON = "The register and the deed say otherwise."


@scene
def owned(nordlys: Founded, the_list: ListVersion) -> Case:
    """Kari owns 60 per cent, Ola from 20 to 30, Alice, who leads it, 10."""
    scenes.own(nordlys, "Kari Moe", "60")
    scenes.own(nordlys, "Ola Berg", "20-30")
    ownership.declare_owner(nordlys.organisation, owned=nordlys.party, owner=nordlys.controller, share="10", by=nordlys.by)
    return scenes.examine(nordlys).case


@pytest.fixture
def unowned(nordlys: Founded, the_list: ListVersion) -> Case:
    """Five people own a fifth each."""
    for name in ("Kari Moe", "Ola Berg", "Siri Moe", "Nils Moe", "Liv Ness"):
        scenes.own(nordlys, name, "20")
    return scenes.examine(nordlys).case


def propose(case: Case, ana: User, **departures: object) -> Decision:
    told = {"choice": "approve", "reason": "identity_established", "note": "Read and compared."}
    return actions.propose(case, **told, owners=Departures(**departures), by=ana)  # type: ignore[arg-type]  # as the test says


def stands(decision: Decision) -> list[tuple[str, str, bool]]:
    return [(row.party.name if row.party else "", row.standing, row.is_departure) for row in decision.owners.all()]


def called(name: str) -> int:
    return Party.objects.get(name=name).pk


class TestPreset:
    def test_is_what_was_determined_and_names_it(self, owned: Case, ana: User) -> None:
        decision = propose(owned, ana)
        assert stands(decision) == [("Kari Moe", S.OWNER, False), ("Ola Berg", S.OWNER, False)]
        for row in decision.owners.all():
            words = Determination.objects.filter(pk__in=row.rests_on)
            assert {(word.party, word.regime) for word in words} == {(row.party, regime) for regime in beneficial.REGIMES}

    def test_where_nobody_is_one_who_leads_it_stands_in_with_what_was_done(self, unowned: Case, ana: User) -> None:
        decision = propose(unowned, ana, because="Asked the register and the customer.")
        [row] = decision.owners.all()
        assert (row.party.name, row.standing, row.because) == ("Alice Olsen", S.OFFICIAL, "Asked the register and the customer.")

    def test_the_note_says_it_where_nothing_else_does(self, unowned: Case, ana: User) -> None:
        assert propose(unowned, ana).owners.get().because == "Read and compared."

    def test_of_whom_nobody_owns_nothing_is_decided(self, owned: Case, ana: User) -> None:
        Party.objects.filter(roles__kind="customer").update(kind=Party.Kind.STATE)
        assert stands(propose(owned, ana)) == []

    def test_only_an_approval_says_it(self, owned: Case, ana: User) -> None:
        assert stands(scenes.proposed(owned, "refuse", by=ana)) == []


class TestDepartures:
    def test_against_and_also_each_with_the_reason(self, owned: Case, ana: User) -> None:
        against, also = called("Ola Berg"), called("Alice Olsen")
        decision = propose(owned, ana, against=[against], also=[also], because=REASON)
        assert stands(decision) == [
            ("Kari Moe", S.OWNER, False),
            ("Ola Berg", S.NONE, True),
            ("Alice Olsen", S.OWNER, True),
        ]
        assert [row.because for row in decision.owners.all()] == ["", REASON, REASON]
        assert AuditEvent.objects.get(verb="decision.proposed").details["departed"] == [against, also]

    @pytest.mark.parametrize("way", ["against", "also"])
    def test_without_a_reason_are_refused(self, owned: Case, ana: User, way: str) -> None:
        with pytest.raises(Unreasoned):
            propose(owned, ana, **{way: [called("Kari Moe" if way == "against" else "Alice Olsen")]}, because="  ")
        assert not Decision.objects.exists()

    def test_where_all_are_none_who_leads_it_stands_in(self, owned: Case, ana: User) -> None:
        both = [called("Kari Moe"), called("Ola Berg")]
        assert stands(propose(owned, ana, against=both, because=REASON))[-1] == ("Alice Olsen", S.OFFICIAL, False)

    def test_nobody_of_another_customer_is_meant(self, owned: Case, ana: User) -> None:
        assert len(stands(propose(owned, ana, against=[10**9], also=[10**9], because=REASON))) == 2


class TestTaken:
    def test_it_stands_with_the_decision(self, owned: Case, ana: User, rui: User) -> None:
        decision = propose(owned, ana)
        actions.take(decision, by=rui)
        assert Case.objects.get(pk=owned.pk).state == Case.State.APPROVED
        assert stands(decision) == [("Kari Moe", S.OWNER, False), ("Ola Berg", S.OWNER, False)]

    def test_not_once_the_checks_were_made_anew_and_find_others(self, owned: Case, ana: User, rui: User) -> None:
        decision = propose(owned, ana)
        again = Examination.objects.create(organisation=owned.organisation, case=owned, rule_pack=packs.current().version)
        examining.run()
        assert not beneficial.is_overtaken(decision), "the same again is no news"
        Determination.objects.create(
            organisation=owned.organisation, party=Party.objects.get(name="Alice Olsen"), regime="iaas-cip", verdict="yes",
            share_min="1/2", share_max="1/2", rule_pack="2026.11", examination_id=again.pk,
        )  # fmt: skip
        with pytest.raises(actions.Stopped, match="find other owners"):
            actions.take(decision, by=rui)


class TestTheDatabase:
    def row(self, decision: Decision, **values: object) -> None:
        with transaction.atomic():
            DecidedOwner.objects.create(organisation=decision.organisation, decision=decision, **values)

    @pytest.mark.parametrize(
        "values",
        [
            {"standing": "owner"},
            {"standing": "nobody", "party": True, "because": "x"},
            {"standing": "owner", "party": True, "is_departure": True},
            {"standing": "official", "party": True},
            {"standing": "none", "party": True, "because": "x"},
        ],
    )
    def test_refuses_what_says_nothing(self, owned: Case, ana: User, values: dict[str, object]) -> None:
        decision = propose(owned, ana)
        values = values | ({"party": Party.objects.get(name="Alice Olsen")} if "party" in values else {})
        with pytest.raises(IntegrityError):
            self.row(decision, **values)

    def test_never_changes(self, owned: Case, ana: User) -> None:
        propose(owned, ana)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE kyc_decidedowner SET standing = 'owner'")


class TestFacts:
    def test_a_report_tells_who_was_decided_to_be_one_beside_what_it_rests_on(self, owned: Case, ana: User, rui: User) -> None:
        actions.take(propose(owned, ana, against=[called("Ola Berg")], because=REASON), by=rui)
        snapshot = uncommitted()
        reader = Reader(organisation=owned.organisation_id, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current())
        [row] = proposals(reader, {})
        assert (row["outcome"], row["outcome_by"]) == ("taken", rui.name)
        told = [(one["party"], one["standing"], one["departs"], one["because"], one["rests_on"]) for one in row["owners"]]
        titles = [packs.current().regime(regime)["title"] for regime in ("eu-amlr", "fincen-cdd", "iaas-cip")]
        ola = [f"{title}: can't be decided, 20 % to 30 %" for title in titles]
        assert told == [
            ("Kari Moe", "Beneficial owner", "", "", [f"{title}: yes, 60 %" for title in titles]),
            ("Ola Berg", "No beneficial owner", "not as determined", REASON, ola),
        ]
