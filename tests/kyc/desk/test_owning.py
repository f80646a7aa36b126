"""The ownership picture on the case page: whom it shows, what it says of them, and what where it can't be drawn."""

import html
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kyc.cases.models import Case, Examination
from kyc.cases.structure import draw
from kyc.desk import owning
from kyc.ownership import picture as pictures
from kyc.ownership import sheet
from kyc.ownership.actions import change_share, declare_owner, say_held_for
from kyc.ownership.models import Determination, Interest
from kyc.ownership.picture import BAD, GOOD, UNDECLARED, WARN
from kyc.parties.models import Party
from kyc.screening.models import Hit, ListVersion
from tests import cast

Declare = Callable[..., Party]


@pytest.fixture
def customer(case: Case) -> Party:
    return Party.objects.get(organisation=case.organisation, kind=Party.Kind.COMPANY)


@pytest.fixture
def declare(case: Case, customer: Party) -> Declare:
    """Alice holds a tenth of Nordlys; others are added as the test needs them."""
    change_share(Interest.objects.get(), share="10", by=cast_owner(case))

    def declared(name: str, share: str, *, of: Party | None = None, kind: str = Party.Kind.PERSON, country: str = "CY") -> Party:
        more = {"hq_country": country} if kind == Party.Kind.COMPANY else {}
        return declare_owner(
            case.organisation,
            owned=of or customer,
            kind=kind,
            name=name,
            share=share,
            country=country,
            by=cast_owner(case),
            **more,
        ).owner

    return declared


def cast_owner(case: Case) -> Any:
    return case.organisation.membership_set.get().user


def examination(case: Case) -> Examination:
    return Examination.objects.get(case=case)


def judged(case: Case, **verdicts: tuple[str, str]) -> None:
    """A verdict and share by the party's first word, lower case; no for all others."""
    for party in Party.objects.filter(organisation=case.organisation):
        verdict, share = verdicts.get(party.name.split()[0].lower(), ("no", "0"))
        Determination.objects.create(
            organisation=case.organisation,
            party=party,
            regime="ofac-50",
            verdict=verdict,
            share_min=share,
            share_max=share,
            rule_pack="2026.11",
            examination_id=examination(case).pk,
        )


def matched(case: Case, party: Party, *, ruling: str = "", **more: Any) -> Hit:
    version, _ = ListVersion.objects.get_or_create(
        source="ofac-sdn", published=date(2024, 5, 2), sha256="0" * 64, entries_count=1, is_active=True
    )
    Examination.objects.filter(case=case).update(lists=[{"id": version.pk, "source": "ofac-sdn", "published": "2024-05-02"}])
    hit = cast.matched(party, version, score="1.000", **more)
    return cast.ruled(hit, ruling=ruling, note="The register says so.", by=cast.staff("analyst", "Who rules")) if ruling else hit


def found(case: Case, customer: Party) -> owning.Owning:
    live = Interest.objects.live().filter(organisation=case.organisation).select_related("owner", "owned").order_by("owned", "pk")
    done = Examination.objects.filter(case=case, state=Examination.State.DONE).first()
    return owning.owning(customer, list(live), done)


def said(case: Case, customer: Party) -> dict[str, tuple[str, str]]:
    return {box.name.split()[0]: (box.note, box.tone) for box in found(case, customer).picture().boxes}


def page(client: Client, case: Case, tab: str = "summary") -> str:
    return html.unescape(client.get(f"/desk/cases/{case.pk}/", {"tab": tab}).content.decode())


def drawn(told: str) -> str:
    picture = re.search(r'<div class="picture"[^>]*>.*?</svg>', told, re.DOTALL)
    return picture[0] if picture else ""


class TestPage:
    @pytest.mark.parametrize("tab", ["summary", "people"])
    def test_the_picture_stands_on_the_case_page_and_says_who_is_blocked(
        self, as_ana: Client, case: Case, declare: Declare, tab: str
    ) -> None:
        holding = declare("Meridian Holding Ltd", "87.5", kind="company")
        listed = declare("Viktor Orlov", "50", of=holding, country="RU")
        judged(case, nordlys=("yes", "7/8"), meridian=("yes", "1/2"), viktor=("yes", "0"))
        matched(case, listed, ruling="true")
        picture = drawn(page(as_ana, case, tab))
        for words in (
            "Viktor Orlov · RU",
            "listed: OFAC SDN",
            "Meridian Holding Ltd · CY",
            "blocked: 50 % by listed",
            "87.5 %",
            "Nordlys Modelling AS · NO",
            "the customer",
            "blocked: 87.5 % by blocked",
            "Alice Olsen · NO",
            "undeclared · 50 %",
            "undeclared · 2.5 %",
        ):
            assert f">{words}</text>" in picture, words
        sentence = re.search(r'<svg[^>]*aria-label="([^"]*)"', picture)
        assert sentence is not None
        for told in (
            "3 owners drawn above Nordlys Modelling AS.",
            "Viktor Orlov: listed: OFAC SDN.",
            "Of Meridian Holding Ltd 50 % is undeclared.",
        ):
            assert told in sentence[1]

    def test_the_table_says_all_that_the_picture_shows(self, as_ana: Client, case: Case, declare: Declare) -> None:
        declare("Bo Third", "1/3")
        declare("Cy Unknown", "")
        told = page(as_ana, case)
        table = told[told.index("</svg>") :]
        for words in ("Bo Third", "1/3 (≈ 33.33 %)", "Cy Unknown", "unknown", "undeclared", "up to ≈ 56.67 %"):
            assert words in table, words

    def test_scrolls_inside_its_card_with_the_keyboard_too(self, as_ana: Client, case: Case) -> None:
        box = re.search(r'<div class="picture"[^>]*>', page(as_ana, case))
        assert box is not None
        for said in ('role="region"', 'aria-label="Picture of who owns it"', 'tabindex="0"'):
            assert said in box[0]

    def test_namesakes_are_told_apart(self, as_ana: Client, case: Case, declare: Declare) -> None:
        declare("Bo Moe", "5")
        Party.objects.filter(pk=declare("Bo Other", "6", country="NO").pk).update(name="Bo Moe")
        picture = drawn(page(as_ana, case, "people"))
        assert ">Bo Moe (Cyprus) · CY</text>" in picture
        assert ">Bo Moe (Norway) · NO</text>" in picture
        assert ">Alice Olsen · NO</text>" in picture

    def test_a_hostile_name_stays_a_name(self, as_ana: Client, case: Case, declare: Declare) -> None:
        declare("</text><script>alert(1)</script>", "5")
        raw = as_ana.get(f"/desk/cases/{case.pk}/").content.decode()
        assert "<script>alert" not in raw
        assert "&lt;/text&gt;" in raw

    def test_brings_no_style_of_its_own(self, as_ana: Client, case: Case) -> None:
        picture = drawn(as_ana.get(f"/desk/cases/{case.pk}/").content.decode())
        assert picture
        assert not re.search(r"<style|<script|\sstyle=|\son\w+=", picture)

    def test_without_owners_there_is_no_picture(self, as_ana: Client, case: Case) -> None:
        Interest.objects.update(valid_from=date(2026, 1, 1), valid_to=date(2026, 1, 2))
        told = page(as_ana, case)
        assert "No owner was named" in told
        assert not drawn(told)

    def test_of_a_person_nothing_is_said_of_owners(self, as_ana: Client, case: Case) -> None:
        Interest.objects.update(valid_from=date(2026, 1, 1), valid_to=date(2026, 1, 2))
        Party.objects.filter(roles__kind="customer", organisation=case.organisation).update(kind="person")
        for tab in ("", "?tab=people"):
            told = as_ana.get(f"/desk/cases/{case.pk}/{tab}").content.decode()
            assert "No owner was named" not in told
            assert 'id="owners"' not in told

    def test_more_owners_cost_no_more_queries(self, as_ana: Client, case: Case, declare: Declare) -> None:
        counts = []
        for round_ in range(2):
            with CaptureQueriesContext(connection) as queries:
                page(as_ana, case)
            counts.append(len(queries))
            for number in range(6):
                declare(f"Owner {round_} {number}", "1")
        assert counts[0] == counts[1]


class TestWords:
    def test_before_the_checks_nothing_is_claimed(self, case: Case, customer: Party) -> None:
        Examination.objects.update(state=Examination.State.REQUESTED, done_at=None)
        assert said(case, customer) == {"Nordlys": ("", ""), "Alice": ("", "")}

    def test_who_was_named_after_the_checks_is_not_called_clear(self, case: Case, customer: Party, declare: Declare) -> None:
        judged(case)
        declare("Late Owner", "5")
        assert said(case, customer)["Alice"] == ("clear", GOOD)
        assert said(case, customer)["Late"] == ("not checked yet", WARN)

    def test_a_match_nobody_ruled_on_is_possible_and_what_rests_on_it_says_so(
        self, case: Case, customer: Party, declare: Declare
    ) -> None:
        maybe = declare("Maybe Listed", "60")
        matched(case, maybe)
        judged(case, maybe=("yes", "0"), nordlys=("yes", "3/5"))
        assert said(case, customer)["Maybe"] == ("possible match: OFAC SDN", BAD)
        assert said(case, customer)["Nordlys"] == ("blocked: 60 % by possible match", BAD)

    @pytest.mark.parametrize("other", [{"ruling": "false"}, {"is_match": False}])
    def test_a_match_ruled_out_or_no_longer_alike_is_none(
        self, case: Case, customer: Party, declare: Declare, other: dict[str, Any]
    ) -> None:
        matched(case, declare("Nora Clear", "5"), **other)
        judged(case)
        assert said(case, customer)["Nora"] == ("clear", GOOD)

    def test_an_open_verdict_warns(self, case: Case, customer: Party) -> None:
        judged(case, nordlys=("indeterminate", "0"))
        assert said(case, customer)["Nordlys"] == ("may be blocked", WARN)

    def test_a_state_is_called_one_and_has_nothing_undeclared(self, case: Case, customer: Party, declare: Declare) -> None:
        declare("Kingdom of Norway", "90", kind="state", country="NO")
        judged(case)
        boxes = found(case, customer).picture().boxes
        state = next(box for box in boxes if box.kind == Party.Kind.STATE)
        assert (state.role, state.note) == ("state", "")
        assert not [box for box in boxes if box.kind == UNDECLARED]

    @pytest.mark.parametrize(
        ("share", "left"),
        [("87.5", "undeclared · 2.5 %"), ("25-50", "undeclared · 40 to 65 %"), ("", "undeclared · up to 90 %"), ("90", None)],
    )
    def test_what_nobody_is_named_for_has_a_box(
        self, case: Case, customer: Party, declare: Declare, share: str, left: str | None
    ) -> None:
        declare("Bo Other", share)
        assert [box.name for box in found(case, customer).picture().boxes if box.kind == UNDECLARED] == ([left] if left else [])

    def test_a_company_without_owners_is_wholly_undeclared(self, case: Case, customer: Party, declare: Declare) -> None:
        declare("Bare Ltd", "90", kind="company")
        picture = found(case, customer).picture()
        assert [box.name for box in picture.boxes if box.kind == UNDECLARED] == ["undeclared · 100 %"]
        assert all(line.is_open for line in picture.lines if not line.share)


class TestDraw:
    def test_of_many_owners_the_smaller_ones_share_a_box_but_for_whoever_something_was_found_of(
        self, case: Case, customer: Party, declare: Declare
    ) -> None:
        for number in range(60):
            declare(f"Small{number} Holder", "0.5")
        judged(case, small59=("indeterminate", "0"))
        matched(case, declare("Maybe Listed", "1"))
        told = draw(found(case, customer))
        assert told.svg.count("<g>") == 15
        for words in ("50 more owners", "25 %", "Small59 Holder · CY", "Maybe Listed · CY"):
            assert f">{words}</text>" in told.svg, words
        assert told.note == "Where a party has many owners, the smaller ones share a box. All are named beneath."

    def test_whoever_came_after_the_checks_is_counted_in_the_box(self, case: Case, customer: Party, declare: Declare) -> None:
        judged(case)
        for number in range(20):
            declare(f"Late{number} Holder", "0.5")
        told = draw(found(case, customer)).svg
        assert ">9 more owners</text>" in told
        assert ">9 not checked yet</text>" in told

    def test_of_a_structure_too_large_only_the_chains_that_matter(
        self, case: Case, customer: Party, declare: Declare, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pictures, "MOST", 10)
        holding = declare("Meridian Holding Ltd", "50", kind="company")
        declare("Viktor Orlov", "50", of=holding)
        for number in range(12):
            declare(f"Small Holder {number}", "0.5")
        judged(case)
        plain = draw(found(case, customer))
        assert (plain.svg, plain.note) == ("", "Too large to draw: 16 parties. All of it stands in words beneath.")
        Determination.objects.create(
            organisation=case.organisation, party=Party.objects.get(name="Viktor Orlov"), regime="ofac-50", verdict="yes",
            share_min="0", share_max="0", rule_pack="2026.11", examination_id=examination(case).pk,
        )  # fmt: skip
        told = draw(found(case, customer))
        assert told.svg.count("<g>") == 3
        assert "16 parties" in told.note

    def test_where_it_cannot_be_drawn_the_page_says_so(self, as_ana: Client, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sheet, "PROGRAM", "no-such-program")
        told = page(as_ana, case)
        assert "The picture can't be drawn on this machine." in told
        assert not drawn(told)


class TestTables:
    @pytest.mark.parametrize("tab", ["summary", "people"])
    def test_a_match_that_nobody_has_confirmed_is_called_no_block(
        self, as_ana: Client, case: Case, declare: Declare, tab: str
    ) -> None:
        matched(case, declare("Maybe Ltd", "60", kind="company"))
        judged(case, maybe=("yes", "1"), nordlys=("yes", "3/5"))
        table = page(as_ana, case, tab).partition("</svg>")[2]
        assert '<span class="badge bad">possible match: OFAC SDN</span>' in table
        assert ">blocked<" not in page(as_ana, case, tab)


class TestNominees:
    @pytest.fixture
    def behind(self, case: Case, customer: Party, declare: Declare) -> Party:
        """Nina holds 60 % for Kari, who is named for nothing else of her own but 5 %."""
        kari = declare("Kari Moe", "5")
        nina = declare("Nina Vik", "60")
        say_held_for(Interest.objects.get(owner=nina), held_for=kari, by=cast_owner(case))
        return kari

    def test_a_nominee_is_called_so_and_the_one_behind_leads_to_it(self, case: Case, customer: Party, behind: Party) -> None:
        drawn = found(case, customer).picture()
        nina = next(box for box in drawn.boxes if box.name == "Nina Vik")
        assert (nina.role, nina.note) == ("nominee for Kari Moe", "")
        assert [(line.share, line.is_open) for line in drawn.lines if line.owner == str(behind.pk) and line.owned == nina.id] == [
            ("through a nominee", True)
        ]
        assert [line.share for line in drawn.lines if line.owner == nina.id] == ["60 %"]

    def test_what_is_blocked_goes_by_the_one_behind(self, case: Case, customer: Party, behind: Party) -> None:
        judged(case, kari=("yes", "0"), nordlys=("yes", "13/20"))
        drawn = found(case, customer).picture()
        nina = next(box for box in drawn.boxes if box.name == "Nina Vik")
        assert [line.tone for line in drawn.lines if line.owner == nina.id] == [BAD]

    def test_the_page_says_for_whom_it_is_held(self, as_ana: Client, case: Case, behind: Party) -> None:
        told = page(as_ana, case)
        assert "nominee, holds it for Kari Moe" in told
        assert "nominee for Kari Moe" in drawn(told)


class TestOtherInterests:
    @pytest.fixture
    def votes(self, case: Case, customer: Party, declare: Declare) -> Party:
        fjord = declare("Fjord AS", "90", kind=Party.Kind.COMPANY)
        for kind, share in (("votingRights", "1/3"), ("rightsToProfitOrIncome", ""), ("appointmentOfBoard", "")):
            told: dict[str, Any] = {"owned": customer, "owner": fjord, "interest": kind, "share": share}
            declare_owner(case.organisation, **told, is_indirect=kind == "appointmentOfBoard", by=cast_owner(case))
        return fjord

    def test_each_has_a_line_that_says_what_it_is_and_how_much(self, case: Case, customer: Party, votes: Party) -> None:
        lines = {(line.share, line.is_open) for line in found(case, customer).picture().lines if line.owner == str(votes.pk)}
        assert lines == {
            ("90 %", False),
            ("Voting rights · 1/3 (≈ 33.33 %)", False),
            ("Rights to profits · unknown", True),
            ("Appoints or removes most of the board · through others", False),
        }

    def test_the_table_and_the_picture_say_the_same(self, as_ana: Client, case: Case, votes: Party) -> None:
        told = page(as_ana, case)
        for said in ("Voting rights · 1/3 (≈ 33.33 %)", "Appoints or removes most of the board · through others"):
            assert f'data-label="Interest">{said}<' in told
            assert said in html.unescape(drawn(told))

    def test_only_the_line_of_shares_is_marked_where_it_blocks(self, case: Case, customer: Party, votes: Party) -> None:
        judged(case, fjord=("yes", "1"), nordlys=("yes", "9/10"))
        lines = [(line.share, line.tone) for line in found(case, customer).picture().lines if line.owner == str(votes.pk)]
        assert [share for share, tone in lines if tone == BAD] == ["90 %"]

    def test_what_is_undeclared_goes_by_shares_alone(self, case: Case, customer: Party, votes: Party) -> None:
        assert customer.pk not in found(case, customer).undeclared

    def test_the_page_says_what_counts_where_once_there_is_more_than_shares(
        self, as_ana: Client, case: Case, declare: Declare, customer: Party
    ) -> None:
        assert 'id="weights"' not in page(as_ana, case, "people")
        told = {"owned": customer, "name": "Kari Moe", "country": "NO", "interest": "votingRights", "share": "60"}
        declare_owner(case.organisation, **told, by=cast_owner(case))
        card = page(as_ana, case, "people").partition('id="weights"')[2].partition("</section>")[0]
        rows = [[re.sub("<[^>]+>", "", cell).strip() for cell in row.split("</td>")] for row in card.split("<tr>")[2:]]
        assert rows[1][0].startswith("Voting rights") and rows[1][0].endswith("EU beneficial owner")
        assert rows[1][2] == "OFAC 50 % rule, BIS affiliates rule, FinCEN beneficial owner, Regions that the terms exclude"


class TestTrusts:
    @pytest.fixture
    def trust(self, case: Case, customer: Party, declare: Declare) -> Party:
        trust = declare("The Moe Trust", "90", kind=Party.Kind.TRUST)
        for role, name in (("settlor", "Siri Moe"), ("trustee", "Tor Vik"), ("beneficiaryOfLegalArrangement", "Bo Moe")):
            declare_owner(case.organisation, owned=trust, name=name, share="", country="NO", interest=role, by=cast_owner(case))
        return trust

    def test_roles_are_named_and_nothing_of_a_trust_is_undeclared(self, case: Case, customer: Party, trust: Party) -> None:
        structure = found(case, customer)
        assert structure.undeclared == {}
        lines = [(line.share, line.is_open) for line in structure.picture().lines if line.owned == str(trust.pk)]
        assert lines == [("Settlor", False), ("Trustee", False), ("Beneficiary", False)]

    def test_who_has_only_a_role_is_not_called_unchecked(self, case: Case, customer: Party, trust: Party) -> None:
        assert said(case, customer)["Siri"] == ("", "")
        assert said(case, customer)["Alice"] == ("not checked yet", WARN)

    def test_a_role_is_no_share(self, case: Case, customer: Party, trust: Party) -> None:
        siri = Party.objects.get(name="Siri Moe")
        determined(case, siri, "iaas-cip", "yes", "9/10")
        assert said(case, customer)["Siri"] == ("beneficial owner as settlor", "")

    def test_the_table_says_the_role_instead_of_a_share(self, as_ana: Client, case: Case, trust: Party) -> None:
        told = page(as_ana, case)
        assert re.search(r'data-label="Interest">Trustee<', told)
        assert "undeclared" not in told.partition('<div class="table-wrap">')[2]


def determined(case: Case, party: Party, regime: str, verdict: str, share: str = "0") -> None:
    Determination.objects.create(
        organisation=case.organisation, party=party, regime=regime, verdict=verdict, share_min=share, share_max=share,
        rule_pack="2026.11", examination_id=examination(case).pk,
    )  # fmt: skip


class TestRegimes:
    """One regime's findings are shown, those of all, or none."""

    @pytest.fixture
    def listed(self, case: Case, customer: Party, declare: Declare) -> Party:
        """Bo holds 60 %, is listed and a beneficial owner under one regime, and may be one under another."""
        bo = declare("Bo Listed", "60")
        matched(case, bo, ruling="true")
        judged(case, bo=("yes", "0"), nordlys=("yes", "3/5"))
        determined(case, bo, "iaas-cip", "yes", "3/5")
        determined(case, Party.objects.get(name="Alice Olsen"), "iaas-cip", "no", "1/10")
        determined(case, Party.objects.get(name="Alice Olsen"), "ultimate-parent", "indeterminate")
        return bo

    def boxes(self, case: Case, customer: Party, regime: str) -> dict[str, tuple[str, str]]:
        picture = found(case, customer).of(regime).picture()
        return {box.name.split()[0]: (box.note, box.tone) for box in picture.boxes if box.kind != UNDECLARED}

    def test_all_are_told_together_in_the_gravest_tone(self, case: Case, customer: Party, listed: Party) -> None:
        assert self.boxes(case, customer, owning.ALL) == {
            "Nordlys": ("blocked: 60 % by listed", BAD),
            "Bo": ("listed: OFAC SDN · beneficial owner, 60 %", BAD),
            "Alice": ("may be the ultimate parent", WARN),
        }

    def test_one_alone_says_nothing_of_the_others_but_who_is_listed(self, case: Case, customer: Party, listed: Party) -> None:
        assert self.boxes(case, customer, "ofac-50")["Alice"] == ("clear", GOOD)
        assert self.boxes(case, customer, "iaas-cip") == {
            "Nordlys": ("", ""),
            "Bo": ("listed: OFAC SDN · beneficial owner, 60 %", BAD),
            "Alice": ("", ""),
        }
        assert self.boxes(case, customer, "ultimate-parent")["Alice"] == ("may be the ultimate parent", WARN)

    def test_none_leaves_what_was_declared(self, case: Case, customer: Party, listed: Party) -> None:
        shown = found(case, customer).of(owning.NONE)
        assert set(self.boxes(case, customer, owning.NONE).values()) == {("", "")}
        assert not [line for line in shown.picture().lines if line.tone]
        assert "listed" not in shown.picture().sentence

    def test_a_line_is_marked_only_under_the_regime_that_blocks(self, case: Case, customer: Party, listed: Party) -> None:
        tones = {
            regime: {line.tone for line in found(case, customer).of(regime).picture().lines}
            for regime in (owning.ALL, "ofac-50", "iaas-cip")
        }
        assert tones == {owning.ALL: {BAD, ""}, "ofac-50": {BAD, ""}, "iaas-cip": {""}}

    def test_where_several_name_owners_each_says_whose_word_it_is(self, case: Case, customer: Party, listed: Party) -> None:
        determined(case, listed, "fincen-cdd", "indeterminate")
        assert self.boxes(case, customer, owning.ALL)["Bo"] == (
            "listed: OFAC SDN · IaaS: beneficial owner, 60 % · FinCEN: may be a beneficial owner",
            BAD,
        )
        assert self.boxes(case, customer, "fincen-cdd")["Bo"][0] == "listed: OFAC SDN · may be a beneficial owner"

    def test_a_regime_that_nobody_knows_yet_is_told_too(self, case: Case, customer: Party, listed: Party) -> None:
        determined(case, listed, "uk-psc", "yes", "1/2")
        assert "IaaS: beneficial owner, 60 % · uk-psc: beneficial owner, 50 %" in self.boxes(case, customer, owning.ALL)["Bo"][0]

    def test_regimes_that_agree_are_told_once(self, case: Case, customer: Party, listed: Party) -> None:
        for regime in ("eu-amlr", "fincen-cdd"):
            determined(case, listed, regime, "yes", "3/5")
        assert self.boxes(case, customer, owning.ALL)["Bo"][0] == "listed: OFAC SDN · beneficial owner, 60 %"

    def test_who_counts_without_a_share_is_an_owner_by_control(self, case: Case, customer: Party, listed: Party) -> None:
        determined(case, Party.objects.get(name="Alice Olsen"), "eu-amlr", "yes")
        assert "EU: beneficial owner by control" in self.boxes(case, customer, owning.ALL)["Alice"][0]

    def test_the_same_lists_are_told_of_once_and_alone_when_asked(self, case: Case, customer: Party, listed: Party) -> None:
        determined(case, customer, "bis-affiliates", "indeterminate")
        assert self.boxes(case, customer, owning.ALL)["Nordlys"] == ("blocked: 60 % by listed", BAD)
        assert self.boxes(case, customer, "bis-affiliates")["Nordlys"] == ("may be restricted by BIS", WARN)

    def test_what_the_terms_exclude_is_the_matter_of_the_customer(self, case: Case, customer: Party, listed: Party) -> None:
        for party in (customer, listed):
            determined(case, party, "provider-terms", "yes", "3/5")
        told = {name: tone for name, (_words, tone) in self.boxes(case, customer, "provider-terms").items()}
        assert (told["Nordlys"], told["Alice"]) == (BAD, "")
        assert self.boxes(case, customer, "provider-terms")["Nordlys"][0].startswith("owned from regions")

    def test_both_limbs_of_an_entity_of_concern_are_said_once_and_mark_nobody(
        self, case: Case, customer: Party, declare: Declare
    ) -> None:
        judged(case)
        for limb in ("located", "controlled"):
            determined(case, customer, f"entity-of-concern-{limb}", "yes")
        assert self.boxes(case, customer, owning.ALL)["Nordlys"] == ("entity of concern by a bill", "")

    @pytest.mark.parametrize("asked", ["", "no-such-regime", "../x"])
    def test_what_was_not_determined_shows_all(self, case: Case, customer: Party, listed: Party, asked: str) -> None:
        assert found(case, customer).of(asked).regime == owning.ALL

    def test_the_page_offers_each_regime_that_was_determined_by_links(self, as_ana: Client, case: Case, listed: Party) -> None:
        told = page(as_ana, case, "people")
        switch = told.partition('aria-label="Whose findings are shown"')[2].partition("</nav>")[0]
        assert re.findall(r'href="([^"]+)"', switch) == [
            f"?tab=people&regime={name}#owners" for name in ("", "ofac-50", "iaas-cip", "ultimate-parent", "none")
        ]
        assert re.findall(r"<b>([^<]+)</b>", switch) == ["All findings"]

    def test_the_table_beneath_says_what_the_picture_does_of_the_customer_too(
        self, as_ana: Client, case: Case, listed: Party
    ) -> None:
        def table(regime: str) -> str:
            told = html.unescape(as_ana.get(f"/desk/cases/{case.pk}/", {"regime": regime}).content.decode())
            return told.partition('<div class="table-wrap">')[2].partition("</table>")[0]

        assert '<span class="badge bad">blocked: 60 % by listed</span>' in table("")
        assert '<span class="badge bad">listed: OFAC SDN · beneficial owner, 60 %</span>' in table("")
        assert "clear" in table("ofac-50") and "ultimate parent" not in table("ofac-50")
        assert "badge bad" not in table("none")

    def test_whoever_is_blocked_is_called_so_in_the_list_of_parties_whatever_the_picture_shows(
        self, as_ana: Client, case: Case, listed: Party
    ) -> None:
        told = as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "people", "regime": "none"}).content.decode()
        assert "listed: OFAC SDN" in told.partition('id="owners"')[0]

    def test_before_the_checks_there_is_nothing_to_choose(self, as_ana: Client, case: Case) -> None:
        assert "Whose findings are shown" not in page(as_ana, case)


class TestCircles:
    def test_the_lines_and_the_table_say_so_in_a_word(
        self, as_ana: Client, case: Case, customer: Party, declare: Declare
    ) -> None:
        holding = declare("Meridian Holding Ltd", "50", kind="company")
        declare_owner(case.organisation, owned=holding, owner=customer, share="5", by=cast_owner(case))
        lines = {line.share: line.is_circular for line in found(case, customer).picture().lines if line.share}
        assert lines == {"50 % · circular": True, "5 % · circular": True, "10 %": False}
        told = page(as_ana, case)
        assert "5 % · circular" in told.partition('<div class="table-wrap">')[2]
        assert "Some holdings run in a circle." in told


class TestFile:
    def url(self, case: Case) -> str:
        return f"/desk/cases/{case.pk}/owners.svg"

    def test_is_a_download_that_nothing_runs_in(self, as_ana: Client, case: Case) -> None:
        answer = as_ana.get(self.url(case))
        assert answer["Content-Type"] == "image/svg+xml"
        assert answer["Content-Disposition"] == f'attachment; filename="{case.number} owners.svg"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert "no-store" in answer["Cache-Control"]

    def test_brings_its_colours_its_fonts_and_of_whom_it_is(self, as_ana: Client, case: Case) -> None:
        told = as_ana.get(self.url(case)).content.decode()
        assert "Alice Olsen" in told and 'fill="#ffffff"' in told and "font-family='Inter" in told
        assert re.search(rf'aria-label="Nordlys Modelling AS, {case.number}, \d+ \w+ \d{{4}}, \d\d:\d\d UTC\. ', told)

    def test_shows_the_findings_that_are_asked_for(self, as_ana: Client, case: Case, declare: Declare) -> None:
        matched(case, declare("Bo Listed", "60"), ruling="true")
        judged(case, bo=("yes", "0"))
        assert "listed: OFAC SDN" in as_ana.get(self.url(case), {"regime": "ofac-50"}).content.decode()
        assert "listed" not in as_ana.get(self.url(case), {"regime": "none"}).content.decode()

    def test_without_a_drawing_there_is_no_file(self, as_ana: Client, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sheet, "PROGRAM", "no-such-program")
        assert as_ana.get(self.url(case)).status_code == 404

    def test_the_page_leads_to_it_and_offers_points_where_there_is_script(self, as_ana: Client, case: Case) -> None:
        told = page(as_ana, case)
        assert f'href="{self.url(case)}?regime=" download>SVG</a>' in told
        buttons = re.findall(r'<button class="button small" type="button" data-(?:zoom|png)[^>]*>', told)
        assert len(buttons) == 5 and all(" hidden" in button for button in buttons)
