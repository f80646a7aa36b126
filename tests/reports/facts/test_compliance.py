"""What a report of a directive tells: while it closes keys, when one was freed, and when it was lifted."""

import io
import json
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string
from django.test import override_settings
from django.utils import timezone, translation

from accounts import snapshots
from accounts.models import AuditEvent, Snapshot
from accounts.vault import subjects
from kyc.directives import acting, appealing, carrying, counting, extending
from kyc.directives.models import Directive, DirectiveNotice
from kyc.keys import appeals, importing, linking
from kyc.keys.estate_file import Line
from kyc.keys.models import Key
from kyc.parties.models import PersonStatus
from kyc.rules import packs
from reports import canonical, long_tables, pdf
from reports.building import LANGUAGE
from reports.changed import changes
from reports.facts.compliance import COMPLIANCE, WITHHELD, wrongly_closed
from tests import cast
from tests.conftest import owner
from tests.kyc.cases import scenes
from tests.kyc.directives.scenes import order, shown_us
from tests.kyc.keys.scenes import issue
from tests.reports import processes, specimen
from tests.reports.conftest import QUICK
from tests.reports.management.commands.test_render_report import rendered
from tests.reports.test_paper import leaves, visible
from tests.reports.test_pdf import complaints, violations

Facts = dict[str, Any]
# Words by which totals are counted, and codes that stand beside their words.
UNPRINTED = {"keys.is_inside", "legal_bases.status", "report", "methodology.topic"}


@dataclass
class Told:
    """By stage, minimised and in full; and the first stage once more after the end."""

    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    full: dict[str, Facts] = field(default_factory=dict)
    again: bytes = b""
    elsewhere: bytes = b""
    done: "subprocess.CompletedProcess[str] | None" = None
    said: Facts = field(default_factory=dict)
    refused: str = ""
    drafted: str = ""
    directive: int = 0
    keys: dict[str, str] = field(default_factory=dict)


def facts_of(directive: int, snapshot: Snapshot, profile: str = "minimised") -> Facts:
    with translation.override(LANGUAGE):
        *_, (_, facts) = COMPLIANCE.build(
            organisation=0, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current(),
            parameters={"directive": directive, "profile": profile},
        )  # fmt: skip
    return facts


def lived(folder: Path) -> Told:
    """Nordlys is shown to be outside; Sørvik is inside for lack of proof, appeals and wins; then the order is lifted."""
    found = Told()

    def tell(stage: str) -> None:
        snapshot = snapshots.take()
        found.snapshots[stage] = snapshot
        found.facts[stage] = facts_of(found.directive, snapshot)
        found.full[stage] = facts_of(found.directive, snapshot, "full")

    cast.load_list(folder)
    ana, rui = (
        scenes.person(f"{name}@keyholder.example", name, role) for name, role in (("ana", "analyst"), ("rui", "approver"))
    )
    sonia, helena = cast.staff("approver", "Sónia Teles"), cast.staff("senior", "Helena Sá")
    nordlys = cast.founded(scenes.person("alice@nordlys.example", "Alice Olsen"))
    sorvik = scenes.sorvik()
    made = {}
    for name, one in (("outside", nordlys), ("freed", sorvik)):
        scenes.approved(scenes.ready(one), ana=ana, rui=rui)
        made[name] = issue(one)
    made["caught"] = issue(sorvik, "other")
    linking.run()
    assert set(Key.objects.values_list("state", flat=True)) == {Key.State.ACTIVE}
    shown_us(nordlys.organisation, nordlys.controller, by=rui)
    # What was declared of Sørvik has ended: nothing shows either.
    PersonStatus.objects.live().filter(organisation=sorvik.organisation, axis="ear").update(valid_to=timezone.localdate())
    ends = timezone.now() + timedelta(days=30)
    importing.load([Line(2, "acct-7", "Teknik AB", "dev@teknik.example", "SE", "Ada", "sk-abcd1234", "ZZZZ", "0" * 64, "sha256",
                         timezone.localdate(), "")], apply=True)  # fmt: skip
    directive = acting.propose(order(received_at=timezone.now(), expires_at=ends), left_out={}, by=rui)
    counting.run()
    directive = acting.take(directive, by=sonia)
    found.directive = directive.pk
    carrying.run()
    tell("closed")
    made["since"] = issue(nordlys, "since")
    linking.run()
    Directive.objects.update(work="waiting")
    carrying.run()
    notice = DirectiveNotice.objects.get(organisation=sorvik.organisation)
    appeal = appeals.send(notice.restriction, words="We are of the annex.", by=sorvik.by)
    tell("appealed")
    appealing.decide(appeal, outcome="overturned", answer="So it is, by page 2.", by=helena)
    carrying.run()
    longer = extending.propose(directive, until=ends + timedelta(days=30), reason="Their letter of today.", by=rui)
    extending.take(longer, by=sonia)
    tell("freed")
    acting.lift(directive, reason="The second letter.", by=rui)
    carrying.run()
    tell("lifted")
    found.again = canonical.encode(facts_of(found.directive, found.snapshots["closed"]))
    found.keys = {name: f"{one.key.prefix}…{one.key.last_four}" for name, one in made.items()}
    cut = found.snapshots["closed"].taken_at.isoformat()
    there = folder / "out"
    found.done = processes.manage("render_report", "R-10", f"--valid-at={cut}", f"--known-at={cut}", f"--out={there}")
    found.elsewhere = (there / "report.json").read_bytes() if (there / "report.json").exists() else b""
    found.said = rendered(folder / "full", "R-10", subject=directive.pk, profile="full", summary=True)
    found.drafted = AuditEvent.objects.filter(verb="report.drafted").latest("pk").target_type
    with pytest.raises(CommandError) as refused:
        rendered(folder, "R-10", subject=directive.pk + 999)
    found.refused = str(refused.value)
    return found


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Lived once, because only what is committed is ever known."""
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK):
        try:
            found = lived(tmp_path_factory.mktemp("directive"))
        finally:
            with owner():
                call_command("flush", verbosity=0, interactive=False, allow_cascade=False)
            # Numbers begin anew: the keys of those who bore them are no others'.
            subjects.cache.forget()
    return found


def stands(facts: Facts) -> dict[str, str]:
    return {row["key"]: row["stands"] for row in facts["keys"]}


def by_standing(facts: Facts) -> dict[str, int]:
    return {row["stands"]: row["keys"] for row in facts["totals"]["rows"]}


class TestWhom:
    def test_each_key_stands_where_it_stood(self, told: Told) -> None:
        keys = told.keys
        closed = {keys["outside"]: "exempt", keys["freed"]: "blocked", keys["caught"]: "blocked"}
        assert stands(told.facts["closed"]) == closed
        assert stands(told.facts["appealed"]) == closed | {keys["since"]: "exempt"}
        assert stands(told.facts["freed"]) == dict.fromkeys(keys.values(), "exempt")

    def test_lifted_it_tells_the_last_moment_of_the_order(self, told: Told) -> None:
        assert stands(told.facts["lifted"]) == stands(told.facts["freed"])
        assert told.facts["lifted"]["totals"]["told_of"] <= told.facts["lifted"]["ending"]["ended_at"] != ""

    def test_who_is_exempt_is_so_by_a_proof_with_its_status_evidence_and_term(self, told: Told) -> None:
        [row] = [row for row in told.full["closed"]["keys"] if row["stands"] == "exempt"]
        assert row["customer"] == "Nordlys Modelling AS" and row["responsible"] == "Alice Olsen"
        grounds = row["grounds"]
        assert [ground["status"] for ground in grounds] == ["US"] * 2
        assert all(ground["evidence"].startswith("document ") and ground["proved_by"] == "rui" for ground in grounds)
        assert all(ground["valid_until"] for ground in grounds) and row["valid_until"]

    def test_who_is_inside_for_lack_of_proof_is_told_with_what_is_missing(self, told: Told) -> None:
        facts = told.facts["closed"]
        assert facts["totals"]["unproven"] == sum(bool(row["missing"]) for row in facts["keys"]) > 0


@pytest.mark.parametrize("stage", ["closed", "appealed", "freed", "lifted"])
class TestTotals:
    def test_before_and_since_make_every_standing(self, told: Told, stage: str) -> None:
        facts = told.facts[stage]
        totals = facts["totals"]
        assert totals["agrees"] == "yes"
        assert totals["before"] + totals["since"] == sum(by_standing(facts).values()) == len(facts["keys"])
        assert (totals["before"], totals["organisations_before"], totals["since"]) == (3, 2, 0 if stage == "closed" else 1)

    def test_no_key_inside_is_active_after_the_effect(self, told: Told, stage: str) -> None:
        """Acceptance test 8."""
        facts = told.facts[stage]
        inside = [row for row in facts["keys"] if row["stands"] == "blocked"]
        assert len(inside) == (2 if stage in {"closed", "appealed"} else 0)
        assert {row["state"] for row in inside} <= {"On hold"}
        assert facts["totals"]["active_inside"] == []


class TestTime:
    def test_the_minutes_reconcile_with_where_keys_stand(self, told: Told) -> None:
        series = told.facts["closed"]["series"]
        last = series["rows"][-1]
        assert last["keys"] == last["outside"] + last["inside"] + last["unproven"] + last["unchecked"]
        assert series["full_effect_at"] >= series["first_effect_at"] >= series["received_at"]

    def test_keys_issued_elsewhere_are_counted_apart_and_that_they_stand_nowhere_else_is_said(self, told: Told) -> None:
        facts = told.facts["closed"]
        assert {row["imported"] for row in facts["series"]["rows"]} == {1}
        header, *_rows = long_tables.made(facts, {"tables": "summary"})["minutes.csv"].decode().splitlines()
        assert header.endswith("imported,imported_refused")
        assert "Keys issued elsewhere" in [row["what"] for row in facts["completeness"]["not_covered"]]

    def test_receipt_is_told_to_the_minute(self, told: Told) -> None:
        assert told.facts["closed"]["directive"]["received_at"].endswith(":00Z")


class TestWronglyClosed:
    """By day: proofs of key 1 or 2 of customer 7, or with no key of all that he has."""

    DAY = timezone.now()

    def at(self, day: int) -> datetime:
        return self.DAY + timedelta(days=day)

    def proof(self, day: int, verdict: str, key: int | None = 1, **more: Any) -> SimpleNamespace:
        told = {"organisation_id": 7, "key_id": key, "checked_at": self.at(day), "stale_at": None, "verdict": verdict}
        return SimpleNamespace(**(told | {"valid_until": self.at(day + 30)} | more))

    def found(self, *proofs: SimpleNamespace, begins: dict[int, int]) -> list[tuple[int, int, int]]:
        rows = wrongly_closed(proofs, lambda key: self.at(begins[key]) if key in begins else None)
        return [(key, (since - self.DAY).days, (proof.checked_at - self.DAY).days) for key, since, proof in rows]

    def test_from_when_its_own_model_was_closed_or_it_was_found_inside_whichever_came_later(self) -> None:
        proofs = self.proof(0, "inside"), self.proof(4, "unproven", 2), self.proof(5, "outside"), self.proof(6, "outside", 2)
        assert self.found(*proofs, begins={1: 1, 2: 1}) == [(1, 1, 5), (2, 4, 6)]

    def test_none_of_which_nothing_was_closed_or_only_after_it_was_freed(self) -> None:
        proofs = self.proof(0, "unproven"), self.proof(0, "unproven", 2), self.proof(3, "outside"), self.proof(3, "outside", 2)
        assert self.found(*proofs, begins={2: 8}) == []

    def test_a_customer_left_out_is_freed_once_and_only_where_he_was_closed(self) -> None:
        left_out, again = self.proof(1, "outside", None), self.proof(30, "outside", None)
        looked = self.proof(0, "inside"), self.proof(12, "inside"), self.proof(20, "inside", 2)
        assert self.found(looked[0], left_out, *looked[1:], again, self.proof(40, "outside"), begins={1: 2, 2: 2}) == []
        appealed = self.proof(5, "outside", None), looked[1], self.proof(34, "outside", None)
        assert self.found(looked[0], *appealed, begins={1: 2, 2: 2}) == [(1, 2, 5)]

    def test_left_out_no_more_he_is_closed_from_then(self) -> None:
        left_out = self.proof(1, "outside", None)
        gone = self.proof(1, "outside", None, stale_at=self.at(10))
        proofs = self.proof(0, "inside"), left_out, gone, self.proof(14, "outside")
        assert self.found(*proofs, begins={1: 2}) == [(1, 10, 14)]
        assert self.found(self.proof(0, "inside"), left_out, self.proof(35, "outside"), begins={1: 2}) == [(1, 31, 35)]


class TestAfter:
    def test_a_key_wrongly_caught_is_told_with_how_it_was_found(self, told: Told) -> None:
        assert told.facts["closed"]["errors"] == told.facts["appealed"]["errors"] == []
        rows = told.full["freed"]["errors"]
        assert {row["key"] for row in rows} == {told.keys["freed"], told.keys["caught"]}
        assert all("page 2" in row["found_by"][0]["evidence"] and row["freed_at"] >= row["closed_at"] for row in rows)

    def test_appeals_are_told_with_their_outcome(self, told: Told) -> None:
        assert [row["outcome"] for row in told.facts["appealed"]["appeals"]] == ["open"]
        assert [row["outcome"] for row in told.facts["freed"]["appeals"]] == ["It ends"]

    def test_customers_told_are_counted_and_so_is_the_end(self, told: Told) -> None:
        notices = told.facts["closed"]["notices"]
        # Sørvik, and whoever owns the key that was issued elsewhere.
        assert (notices["customers"], notices["told"]) == (2, 2) and notices["first_told_at"]
        assert told.facts["closed"]["ending"]["ended_at"] == ""
        assert told.facts["appealed"]["ending"]["extensions"] == []
        [longer] = told.full["freed"]["ending"]["extensions"]
        assert (longer["extended_by"], longer["reason"]) == ("Sónia Teles", "Their letter of today.") and longer["until"]
        assert told.facts["freed"]["ending"]["extensions"][0]["reason"] == "told in the full report"
        ending = told.full["lifted"]["ending"]
        assert (ending["how"], ending["reason"], ending["customers_told"]) == ("Lifted", "The second letter.", 2)
        assert ending["ended_at"] and ending["lasted"]


class TestProfiles:
    def test_minimised_a_key_tells_by_which_facts_and_not_by_which_evidence(self, told: Told) -> None:
        facts = told.facts["freed"]
        keys = [ground for row in facts["keys"] for ground in row["grounds"]]
        assert {ground["evidence"] for ground in keys} == {WITHHELD}
        assert {ground["status"] for ground in keys} == {"US", "exempt"}
        assert {ground["evidence"] for row in facts["errors"] for ground in row["found_by"]} == {WITHHELD}
        assert told.facts["lifted"]["ending"]["reason"] == WITHHELD
        assert told.facts["lifted"]["ending"]["by"] == "rui"

    def test_minimised_it_names_no_customer_nobody_of_one_and_no_word_of_theirs(self, told: Told) -> None:
        for name in ("Nordlys", "Sørvik", "Teknik", "Alice Olsen", "of the annex", "page 2", "second letter"):
            assert name not in json.dumps(told.facts["lifted"], ensure_ascii=False), name
        assert "Nordlys" in json.dumps(told.full["lifted"]) and "of the annex" in json.dumps(told.full["lifted"])


class TestAgain:
    def test_the_same_inputs_give_the_same_bytes_later(self, told: Told) -> None:
        assert told.again == canonical.encode(told.facts["closed"])
        assert told.again != canonical.encode(told.facts["lifted"]), "the negative control"

    def test_in_another_process_too_of_the_first_directive(self, told: Told) -> None:
        assert told.done is not None and told.done.returncode == 0, told.done
        assert told.done.stderr == f"No --subject was named: this is about directive {told.directive}.\n"
        assert told.elsewhere == canonical.encode(told.facts["closed"])

    def test_what_changed_between_two_is_told(self, told: Told) -> None:
        found = {change.after_at for change in changes(told.facts["closed"], told.facts["lifted"])}
        assert {"/ending/ended_at", "/directive/state"} <= found

    def test_the_command_writes_its_files_and_that_it_did(self, told: Told) -> None:
        names = {Path(name).name for name in told.said["files"]}
        assert {"R-10.pdf", "report.json", "keys.csv", "minutes.csv", "errors.csv", "notices.csv", "appeals.csv"} <= names
        assert told.drafted == "kyc.directive"
        assert "was not entered at that time" in told.refused


class TestPaper:
    @pytest.fixture(params=["minimised", "full"])
    def facts(self, request: pytest.FixtureRequest, told: Told) -> Facts:
        return (told.full if request.param == "full" else told.facts)["lifted"]

    def test_every_value_stands_on_the_page(self, facts: Facts) -> None:
        page = visible(render_to_string("reports/paper/r-10.html", {"report": facts, "envelope": specimen.envelope(facts)}))
        missing = {path for path, value in leaves(facts) if path not in UNPRINTED and not is_printed(value, page)}
        assert missing == set()

    def test_its_sections_are_counted(self, facts: Facts) -> None:
        html = render_to_string("reports/paper/r-10.html", {"report": facts, "envelope": specimen.envelope(facts)})
        assert html.count("<h2 id=") == 1 + 7 + 6

    def test_checkers_of_the_archive_and_of_access_find_nothing(self, facts: Facts, tmp_path: Path) -> None:
        data = pdf.render(facts, specimen.envelope(facts))
        with pikepdf.open(io.BytesIO(data)) as opened:
            assert violations(opened) == []
        assert complaints(data, tmp_path) == []

    def test_long_tables_are_attached_whole(self, facts: Facts) -> None:
        rows = [dict(facts["keys"][0], key=f"kh_live_{n:04}…zz") for n in range(57)]
        made = long_tables.made(facts | {"keys": rows}, {"tables": "summary"})
        assert len(made["keys.csv"].decode().splitlines()) == 58
        page = render_to_string(
            "reports/paper/r-10.html",
            {"report": facts | {"keys": rows}, "envelope": specimen.envelope(facts, tables="summary")},
        )
        assert sum(f"kh_live_{n:04}" in page for n in range(57)) == long_tables.PRINTED


def is_printed(value: Any, page: str) -> bool:
    text = " ".join(str(value).split())
    return text in page or text.replace("T", " ").replace("Z", " UTC") in page
