"""Owners from a file: what each row becomes, what is refused, and that an export of what stands changes nothing."""

import json
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from kyc.ownership import actions as ownership
from kyc.ownership import filed, filing
from kyc.ownership.filing import Entered
from kyc.ownership.interests import OF_COMPANIES, SIZED
from kyc.ownership.models import Interest
from kyc.parties.models import Party
from kyc.rules import packs
from reports import bods
from reports.facts.reader import Reader
from tests.cast import Founded, customer, founded
from tests.kyc.ownership.bods.files import chain, entity, interest, person, tie
from tests.reports.moments import uncommitted
from tests.stage import scene

pytestmark = pytest.mark.django_db
HEAD = "owner,owner_kind,owner_country,headquarters,owned,share"
CHAIN = f"{HEAD}\nKari Moe,person,NO,,Fjord AS,1/3\nFjord AS,company,NO,NO,Nordlys Modelling AS,60\n"


@scene
def nordlys() -> Founded:
    return founded(customer())


def enter(nordlys: Founded, content: str, *, only_try: bool = False) -> Entered:
    return filing.enter(nordlys.organisation, filed.from_csv(content), only_try=only_try, by=nordlys.by)


def live() -> set[tuple[str, str, str, str]]:
    rows = Interest.objects.live().select_related("owner", "owned")
    return {(row.owner.name, row.owned.name, row.kind, row.share) for row in rows}


def rows_of(rows: list[str]) -> list[str]:
    """The same without what is known by now."""
    return [",".join((owner, owned, kind, share)) for owner, _, _, owned, kind, share, _ in (row.split(",") for row in rows)]


def sentences(rows: list[tuple[str, str]]) -> list[str]:
    return [f"{where}: {sentence}" for where, sentence in rows]


class TestNumbers:
    HEAD = "owner,owner_kind,owner_country,headquarters,owned,share,registration_number,register,lei,tax_number,tax_country"

    def test_stand_in_columns_of_their_own(self, nordlys: Founded) -> None:
        row = "Delta Inc.,company,US,US,Nordlys Modelling AS,60,7654321,us-de-cr,5493001KJTIIGC8Y1R12,12-3456789,"
        assert enter(nordlys, f"{self.HEAD}\n{row}\n").refused == []
        found = Party.objects.get(name="Delta Inc.")
        told = (found.registration_number, found.register, found.lei, found.tax_number, found.tax_country)
        assert told == ("7654321", "US-DE-CR", "5493001KJTIIGC8Y1R12", "123456789", "US")

    def test_one_that_cannot_be_refuses_its_row(self, nordlys: Founded) -> None:
        row = "Delta Inc.,company,NO,NO,Nordlys Modelling AS,60,7,,5493001KJTIIGC8Y1R13,,"
        [(where, sentence)] = enter(nordlys, f"{self.HEAD}\n{row}\n").refused
        assert (where, "not a valid LEI" in sentence) == ("line 2", True)

    def test_another_lei_is_another_company(self, nordlys: Founded) -> None:
        for lei in ("5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"):
            assert enter(nordlys, f"{self.HEAD}\nDelta Inc.,company,NO,NO,Nordlys Modelling AS,30,,,{lei},,\n").refused == []
        assert Party.objects.filter(name="Delta Inc.").count() == 2


class TestCsv:
    def test_a_chain_in_any_order(self, nordlys: Founded) -> None:
        found = enter(nordlys, CHAIN)
        assert (found.is_kept, found.refused) == (True, [])
        assert sentences(found.named) == [
            "line 3: Fjord AS is named as an owner of Nordlys Modelling AS.",
            "line 2: Kari Moe is named as an owner of Fjord AS.",
        ]
        assert live() == {
            ("Fjord AS", "Nordlys Modelling AS", "shareholding", "60"),
            ("Kari Moe", "Fjord AS", "shareholding", "1/3"),
        }
        event = AuditEvent.objects.get(verb="interest.file_entered")
        assert (event.details["named"], event.details["changed"]) == (2, 0)

    def test_twice_is_once(self, nordlys: Founded) -> None:
        enter(nordlys, CHAIN)
        again = enter(nordlys, CHAIN)
        assert (len(again.as_before), again.named, again.changed) == (2, [], [])

    def test_another_share_counts(self, nordlys: Founded) -> None:
        enter(nordlys, CHAIN)
        found = enter(nordlys, f"{HEAD}\nFjord AS,,,,Nordlys Modelling AS,55\n")
        assert sentences(found.changed) == ["line 2: Fjord AS in Nordlys Modelling AS: 55 instead of 60."]
        assert ("Kari Moe", "Fjord AS", "shareholding", "1/3") in live(), "what is not in the file stays"

    def test_tried_it_keeps_nothing(self, nordlys: Founded) -> None:
        found = enter(nordlys, CHAIN, only_try=True)
        assert (len(found.named), found.is_kept, live()) == (2, False, set())
        assert not Party.objects.filter(name="Fjord AS").exists()
        assert not AuditEvent.objects.filter(verb="interest.file_entered").exists()

    def test_where_a_row_is_refused_none_is_entered_and_each_says_why(self, nordlys: Founded) -> None:
        rows = [
            "Kari Moe,person,NO,,Nordlys Modelling AS,60",
            "Ola Vik,person,NO,,Nordlys Modelling AS,60",
            "Per Dal,,NO,,Nordlys Modelling AS,5",
            "Liv Ness,person,NO,,Unknown AS,5",
            "Fjord AS,company,XX,NO,Nordlys Modelling AS,5",
        ]
        found = enter(nordlys, "\n".join([HEAD, *rows]))
        assert live() == set() and not found.is_kept
        told = sentences(found.refused)
        assert told[0].startswith("line 3: Together with the other owners of Nordlys Modelling AS this comes to more than 100 %.")
        assert told[1] == "line 4: Say whether Per Dal is a person, a company, a trust or a state."
        assert told[-1] == "line 5: Unknown AS is neither you nor an owner in this file."
        assert len(told) == 4

    def test_a_trust_with_its_roles_and_a_nominee(self, nordlys: Founded) -> None:
        found = enter(
            nordlys,
            "owner,owner_kind,owner_country,headquarters,owned,interest,share,held_for\n"
            "Moe Trust,trust,NO,,Nordlys Modelling AS,,50,\n"
            "Kari Moe,person,NO,,Moe Trust,settlor,,\n"
            "The grandchildren,class,,,Moe Trust,beneficiary,,\n"
            "Nominees AS,company,NO,NO,Nordlys Modelling AS,,50,Kari Moe\n",
        )
        assert found.refused == []
        held = Interest.objects.live().get(owner__name="Nominees AS")
        assert held.held_for and held.held_for.name == "Kari Moe"
        assert Party.objects.filter(name="Kari Moe").count() == 1

    def test_votes_and_control_stand_in_rows_of_their_own(self, nordlys: Founded) -> None:
        rows = ["Kari Moe,person,NO,Nordlys Modelling AS,,30,", "Kari Moe,,,Nordlys Modelling AS,votes,60,yes"]
        rows += ["Kari Moe,,,Nordlys Modelling AS,appointmentOfBoard,,", "Kari Moe,,,Nordlys Modelling AS,control,,"]
        found = enter(nordlys, "\n".join(["owner,owner_kind,owner_country,owned,interest,share,indirect", *rows]))
        assert found.refused == []
        held = Interest.objects.live().values_list("kind", "share", "is_indirect").order_by("pk")
        assert list(held) == [
            ("shareholding", "30", False),
            ("votingRights", "60", True),
            ("appointmentOfBoard", "", False),
            ("otherInfluenceOrControl", "", False),
        ]
        assert len(enter(nordlys, "\n".join(["owner,owned,interest,share", *rows_of(rows)])).as_before) == 4

    def test_since_when_it_is_held(self, nordlys: Founded) -> None:
        head, row = "owner,owner_kind,owner_country,owned,share,from", "Kari Moe,person,NO,Nordlys Modelling AS,60"
        assert enter(nordlys, f"{head}\n{row},2019-03\n").refused == []
        assert Interest.objects.live().get().held_since == "2019-03"
        again = enter(nordlys, f"{head}\n{row},2019-03\n")
        assert (len(again.as_before), again.changed) == (1, [])
        assert enter(nordlys, f"{head}\n{row},\n").changed == []
        assert sentences(enter(nordlys, f"{head}\n{row},2020\n").changed) == [
            "line 2: Kari Moe in Nordlys Modelling AS: held since 2020."
        ]
        assert Interest.objects.live().get().held_since == "2020"
        assert sentences(enter(nordlys, f"{head}\n{row},soon\n").refused) == [
            "line 2: Write a year, a month or a day, such as 2024, 2024-03 or 2024-03-15."
        ]

    def test_where_a_trust_is_administered(self, nordlys: Founded) -> None:
        head = "owner,owner_kind,owner_country,headquarters,owned,share"
        assert enter(nordlys, f"{head}\nThe Moe Trust,trust,GB,JE,Nordlys Modelling AS,60\n").refused == []
        assert Party.objects.get(name="The Moe Trust").hq_country == "JE"

    def test_what_has_ended_is_left_out(self, nordlys: Founded) -> None:
        found = enter(nordlys, "owner,owner_kind,owner_country,owned,share,to\nKari Moe,person,NO,Nordlys Modelling AS,5,2020\n")
        assert sentences(found.left_out) == ["line 2: Kari Moe holds it no longer."]

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("", "line 1: the column owner is missing."),
            ("owner,share\n", "line 1: the column owned is missing."),
            ("owner,owned,shares\n", "line 1: the column shares is not known."),
            ("owner,owned,owned\n", "line 1: the column owned stands there twice."),
            ("owner,owned\nA\n", "line 2: the row has not as many fields as the first line."),
            ("owner,owned\n,B\n", "line 2: write who owns and what is owned."),
            ("owner,owned,interest\nA,B,voices\n", "line 2: the interest voices is not known;"),
            ("owner,owned,interest,share\nA,B,control,30\n", "line 2: the interest control has no share;"),
            ("owner,owned,indirect\nA,B,maybe\n", "line 2: maybe says neither yes nor no;"),
            ("owner,owned,owner_kind\nA,B,firm\n", "line 2: the kind firm is not known;"),
            ("owner,owned,share\nA,B,half\n", "line 2: Write per cent such as 25"),
            ("owner,owned,to\nA,B,soon\n", "line 2: soon is no date;"),
            ('owner,owned\n"A"x,B\n', "line 2: can't be read as CSV"),
            ("owner,owned\n" + "A,B\n" * 301, "The file has more than 300 rows."),
        ],
    )
    def test_refuses_a_file_in_a_sentence(self, content: str, told: str) -> None:
        with pytest.raises(filed.BadFile) as refused:
            filed.from_csv(content)
        assert str(refused.value).startswith(told)

    def test_refuses_who_is_no_member(self, nordlys: Founded) -> None:
        other = customer("eve@other.example", "Eve")
        with pytest.raises(NotPermitted):
            filing.enter(nordlys.organisation, filed.from_csv(CHAIN), by=other)


class TestStatements:
    def read(self, statements: list[dict[str, object]]) -> filed.Filed:
        return filed.from_statements(json.loads(json.dumps(statements)), on=date(2026, 11, 23))

    def test_a_chain(self, nordlys: Founded) -> None:
        statements = chain()
        statements[0]["recordDetails"]["name"] = "Nordlys Modelling AS"
        places = [{"type": "business", "country": {"name": "Norway", "code": "NO"}}]
        statements[2]["recordDetails"] |= {"jurisdiction": {"name": "Norway", "code": "NO"}, "addresses": places}
        statements[1]["recordDetails"]["nationalities"] = [{"name": "Norway", "code": "NO"}]
        found = filing.enter(nordlys.organisation, self.read(statements), by=nordlys.by)
        assert found.refused == []
        assert live() == {("Mid", "Nordlys Modelling AS", "shareholding", "60"), ("Ann", "Mid", "shareholding", "100")}

    @pytest.mark.parametrize(
        ("share", "text"),
        [({"exact": 24.99}, "24.99"), ({"minimum": 25, "maximum": 50}, "25-50"), ({"exclusiveMinimum": 50}, ">50"), ({}, "")],
    )
    def test_shares(self, share: dict[str, float], text: str) -> None:
        [line] = self.read([entity("firm"), person("Ann"), tie("Ann", "firm", interest(share))]).lines
        assert line.share == text

    def test_what_is_not_entered_is_told(self) -> None:
        board = interest(30, type="appointmentOfBoard")
        told = self.read(
            [
                entity("firm"),
                person("Ann"),
                tie("Ann", "firm", interest(type="unpublishedInterest"), board, interest(type="boardMember")),
            ]
        )
        assert told.lines == []
        assert sentences(list(told.left_out)) == [
            "statement 3: The interest unpublishedInterest is not entered here.",
            "statement 3: The interest appointmentOfBoard has a share, 30 %; where it controls, enter it by hand.",
        ]

    def test_each_kind_is_a_line_with_its_size_and_what_is_held_through_others_says_so(self) -> None:
        votes, board = interest(40, type="votingRights", directOrIndirect="indirect"), interest(type="appointmentOfBoard")
        told = self.read([entity("firm"), person("Ann"), tie("Ann", "firm", interest(30), votes, board)])
        assert [(line.interest, line.share, line.is_indirect) for line in told.lines] == [
            ("shareholding", "30", False),
            ("votingRights", "40", True),
            ("appointmentOfBoard", "", False),
        ]

    def test_what_the_components_say_is_not_entered_beside_them(self) -> None:
        told = self.read(chain())
        assert [(line.owner, line.owned) for line in told.lines] == [("Ann", "Mid"), ("Mid", "firm")]

    def test_a_file_about_another_company_is_not_entered(self, nordlys: Founded) -> None:
        found = filing.enter(nordlys.organisation, self.read(chain()), by=nordlys.by)
        assert sentences(found.refused) == [": The file is about firm, and you are Nordlys Modelling AS."]

    @pytest.mark.parametrize("share", [{"minimum": 60, "maximum": 40}, {"exact": Decimal("1e-1000000000")}])
    def test_a_share_that_cannot_be_is_refused_at_once(self, share: dict[str, object]) -> None:
        with pytest.raises(filed.BadFile, match="statement 3: "):
            filed.from_statements([entity("firm"), person("Ann"), tie("Ann", "firm", interest(share))], on=date(2026, 11, 23))

    def test_a_share_of_nothing_is_left_out(self) -> None:
        told = self.read([entity("firm"), person("Ann"), tie("Ann", "firm", interest(0))])
        assert (told.lines, sentences(list(told.left_out))) == ([], ["statement 3: Ann holds nothing of it."])

    def test_a_nominee_of_whom_nothing_is_stated_is_nobody(self) -> None:
        deal = entity("deal", details={"entityType": {"type": "arrangement", "subtype": "nomination"}})
        told = self.read(
            [
                entity("firm"), person("Ann"), deal, tie("Ann", "deal", interest(type="nominator")),
                tie("Gone", "deal", interest(type="nominee")), tie("deal", "firm", interest(80)),
            ]
        )  # fmt: skip
        assert [(line.owner, line.held_for) for line in told.lines] == [("Ann", "")]

    def test_one_customer_at_a_time(self) -> None:
        with pytest.raises(filed.BadFile, match="about 2 declaration subjects"):
            self.read([entity("firm"), entity("other", declarationSubject="other")])

    def test_numbers_go_out_and_come_in_by_their_schemes(self, nordlys: Founded) -> None:
        numbers = {
            "registration_number": "7654321", "register": "US-DE-CR", "lei": "5493001KJTIIGC8Y1R12", "tax_number": "123456789",
            "tax_country": "US",
        }  # fmt: skip
        kenyan = {"registration_number": "C.1", "register": "", "lei": "", "tax_number": "P051", "tax_country": "KE"}
        for name, country, told in (("Delta Inc.", "US", numbers), ("Kenya Ltd", "KE", kenyan)):
            ownership.declare_owner(
                nordlys.organisation, owned=nordlys.party, kind="company", name=name, share="40", country=country,
                hq_country=country, **told, by=nordlys.by,
            )  # fmt: skip
        snapshot = uncommitted()
        reader = Reader(organisation=nordlys.organisation.pk, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current())
        read = filed.from_statements(json.loads(json.dumps(bods.statements(reader, full=True))), on=date.today())
        found = {one.name: {name: getattr(one, name) for name in numbers} for one in read.parties.values()}
        assert (found["Delta Inc."], found["Kenya Ltd"]) == (numbers, kenyan)

    def test_an_export_of_what_stands_changes_nothing(self, nordlys: Founded) -> None:
        def own(name: str, share: str, kind: str = "person", **more: object) -> Interest:
            where = {"country": "NO"} | ({"hq_country": "NO"} if kind == "company" else {})
            told = {"owned": nordlys.party, **where, **more}
            return ownership.declare_owner(nordlys.organisation, kind=kind, name=name, share=share, by=nordlys.by, **told)

        fjord = own("Fjord AS", "40", "company", registration_number="918 334 207").owner
        own("Kari Moe", "1/3", owned=fjord, birth_date="1975-02-03", held_since="2019")
        own("Kari Moe", "20-30", owned=fjord, birth_date="1981-07-08", held_since="2020-03-05")
        trust = own("Moe Trust", "10", "trust", hq_country="JE").owner
        own("The grandchildren", "", "unknown", owned=trust, interest="beneficiaryOfLegalArrangement")
        own("Ola Vik", "", owned=trust, interest="settlor", held_since="2021-04")
        liv = ownership.name_principal(nordlys.organisation, name="Liv Ness", country="NO", by=nordlys.by)
        nominees = own("Nominees AS", ">30", "company", held_for=liv).owner
        for number, kind in enumerate(OF_COMPANIES[1:]):
            share = f"{10 + number}/97" if kind in SIZED else ""
            ownership.declare_owner(
                nordlys.organisation, owned=nordlys.party, owner=fjord, interest=kind, share=share, by=nordlys.by
            )
        told_of = {"owned": nordlys.party, "owner": nominees, "interest": "votingRights", "share": "20", "by": nordlys.by}
        ownership.declare_owner(nordlys.organisation, **told_of, held_for=liv)
        ownership.declare_owner(nordlys.organisation, **told_of | {"share": "5"}, is_indirect=True)
        own("Per Dal", "", interest="otherInfluenceOrControl", owned=trust)
        before, dated = live(), set(Interest.objects.live().values_list("pk", "held_since"))
        snapshot = uncommitted()
        reader = Reader(organisation=nordlys.organisation.pk, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current())
        told = filed.from_statements(json.loads(json.dumps(bods.statements(reader))), on=date.today())
        found = filing.enter(nordlys.organisation, told, by=nordlys.by)
        assert (found.refused, found.named, found.changed, found.left_out) == ([], [], [], [])
        assert (len(found.as_before), live()) == (len(before), before)
        assert {line.since for line in told.lines} == {"", "2019", "2020-03-05", "2021-04"}
        assert set(Interest.objects.live().values_list("pk", "held_since")) == dated
        assert {party.name: party.hq_country for party in told.parties.values()}["Moe Trust"] == "JE"
