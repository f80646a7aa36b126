"""To whom each key answered, as the attribution report tells it at each stage of the story."""

import io
import subprocess
from datetime import datetime
from typing import Any

import pikepdf
import pytest

from reports import canonical, envelope, pdf
from reports.facts.attribution import ATTRIBUTION
from tests.reports.facts.test_dossier import digest, secrets_in
from tests.reports.story import STAGES, Life


def keys(life: Life, stage: str) -> list[dict[str, Any]]:
    return life.then[stage].keys["keys"]  # type: ignore[no-any-return]  # facts are an object


@pytest.mark.parametrize("stage", STAGES)
class TestOnceTold:
    def test_the_same_inputs_give_the_same_bytes_after_all_has_changed(self, life: Life, stage: str) -> None:
        assert canonical.encode(life.keys_again[stage]) == canonical.encode(life.then[stage].keys)

    def test_what_was_recorded_since_changes_only_what_is_counted_as_that(self, life: Life, stage: str) -> None:
        told, restated = life.then[stage].keys, life.keys_restated[stage]
        assert digest(told) != digest(restated), "the negative control"
        # What gateways tell of an hour they tell after it: that is known later, and told then.
        assert named_now(without_use(restated["keys"])) == named_now(without_use(told["keys"]))
        assert told["completeness"]["recorded_later"] == 0
        assert (restated["completeness"]["recorded_later"] > 0) == (stage != STAGES[-1])

    def test_no_secret_is_in_it(self, life: Life, stage: str) -> None:
        assert secrets_in(canonical.encode(life.then[stage].keys).decode(), life) == []


def without_use(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in key.items() if name != "use"} for key in keys]


def named_now(section: Any) -> str:
    """People and projects are named as they are known, which is all that may differ."""
    text = str(section)
    for now, then in (("Alice Berg", "Alice Olsen"), ("Alice B. Olsen", "Alice Olsen"), ("(1984, SE)", "(1984, NO)")):
        text = text.replace(now, then)
    return text.replace("Rui Dias", "Rui Duarte")


class TestChain:
    def test_before_the_first_key_it_says_that_there_is_none(self, life: Life) -> None:
        assert keys(life, "declared") == []
        unknowns = life.then["declared"].keys["completeness"]["unknowns"]
        assert [row["sentence"] for row in unknowns] == ["No key of the selection existed in the interval."]

    def test_a_key_answers_to_an_entity_and_a_person_because(self, life: Life) -> None:
        live, revoked = keys(life, "approved")
        (link,), (check,) = live["links"], live["verifications"]
        assert (live["state"], revoked["state"]) == ("active", "revoked")
        assert link["entity"] == check["entity"] and link["holder"] == "Nordlys Modelling AS"
        assert (link["responsible"], link["to"]) == ("Alice Olsen (1984, NO)", "")
        assert link["because"].startswith(f"{check['entity']} was verified by the decision of {check['case']}")
        assert revoked["links"][0]["to"] == revoked["revoked_at"]

    def test_the_verification_names_who_proposed_and_who_took_it_in_which_role(self, life: Life) -> None:
        (check,) = keys(life, "lived")[0]["verifications"]
        assert (check["proposed_by"], check["proposed_role"]) == ("Ana Maric", "analyst")
        assert (check["taken_by"], check["taken_role"]) == ("Rui Duarte", "approver")
        assert (check["assurance"], check["at_issuance"], check["at_end"]) == ("found", "verified", "verified")
        assert check["from"] < keys(life, "lived")[0]["issued_at"] < check["until"]

    def test_what_happened_stands_in_order_with_who_did_it_and_why(self, life: Life) -> None:
        live, revoked = keys(life, "afterwards")
        assert [row["what"] for row in live["changes"]] == [
            *("issued", "linked", "on hold", "hold lifted", "on hold", "revoked", "hold lifted"),
        ]
        assert [row["at"] for row in live["changes"]] == sorted(row["at"] for row in live["changes"])
        assert [(row["what"], row["change"], row["by"]) for row in revoked["changes"]][-1] == (
            *("revoked", "no longer needed", "Alice Berg"),
        )

    def test_one_key_alone_can_be_asked_for(self, life: Life) -> None:
        (only,) = life.one_key["keys"]
        assert life.one_key["selection"]["what"] == "one key"
        assert only["name"] == "production"


class TestGaps:
    def test_from_its_issue_to_its_link_no_entity_stood_behind_it(self, life: Life) -> None:
        live = keys(life, "approved")[0]
        (gap,) = live["gaps"]
        assert (gap["from"], gap["to"]) == (live["issued_at"], live["links"][0]["from"])
        assert (gap["kind"], gap["sentence"][:25]) == ("unlinked", "Not active yet between 20")
        assert gap["sentence"].endswith(": from its issue to its first link.")
        lasted = datetime.fromisoformat(gap["to"]) - datetime.fromisoformat(gap["from"])
        assert gap["lasted"] == str(lasted) != "0:00:00"

    def test_a_hold_is_a_gap_from_its_placing_to_its_lifting_or_the_end(self, life: Life) -> None:
        told = life.then["lived"].keys
        _, lifted, standing = told["keys"][0]["gaps"]
        placed = [row["at"] for row in told["keys"][0]["changes"] if row["what"] == "on hold"]
        (lift,) = [row["at"] for row in told["keys"][0]["changes"] if row["what"] == "hold lifted"]
        assert (lifted["from"], lifted["to"]) == (placed[0], lift)
        assert (standing["from"], standing["to"]) == (placed[1], told["valid_at"])
        assert told["keys"][0]["state"] == "on hold"
        assert len(told["keys"][1]["gaps"]) == 1, "what is revoked is held by nothing"


class TestUse:
    def test_each_day_stands_by_network_and_country_with_who_answered_then(self, life: Life) -> None:
        live, revoked = keys(life, "lived")
        (one,), (other,) = live["use"], revoked["use"]
        assert (one["network"], one["country"], one["sources"]) == ("AS2116", "Norway (NO)", 2)
        assert (one["class"], other["class"]) == ("hosting", "")
        assert (one["requests"], one["tokens_in"], one["tokens_out"], one["errors"]) == (24, 1800, 800, 4)
        assert (other["network"], other["country"], other["requests"], other["refusals"]) == ("", "", 3, 1)
        entity = live["verifications"][0]["entity"]
        assert one["answered_to"] == f"to {entity}, Alice Olsen (1984, NO): verified"
        assert one["from"][:10] == one["day"] and one["from"] < one["to"]

    def test_what_gateways_told_later_is_in_no_report_of_what_was_known_before(self, life: Life) -> None:
        """Rows of use have no history of their own; they bear the transaction that wrote them."""
        assert [key["use"] for key in keys(life, "approved")] == [[], []]
        again = life.keys_again["approved"]["keys"]
        assert [key["use"] for key in again] == [[], []]

    def test_no_address_and_no_hash_of_one_is_in_it(self, life: Life) -> None:
        text = canonical.encode(life.then["lived"].keys).decode()
        assert "aaaaaaaa" not in text and "bbbbbbbb" not in text

    def test_the_summary_adds_them_up(self, life: Life) -> None:
        told = {row["what"]: row["value"] for row in life.then["lived"].keys["summary"]}
        assert told["Use"] == "27 requests by 2 of the keys"


class TestHolders:
    def test_beside_each_event_stands_the_chain_that_was_valid_then(self, life: Life) -> None:
        live, revoked = keys(life, "lived")
        entity = live["verifications"][0]["entity"]
        chain = f"to {entity}, Alice Olsen (1984, NO): verified"
        assert [row["holder"] for row in live["changes"]] == ["to no entity", *[chain] * 4]
        assert [row["what"] for row in revoked["changes"]][-1] == "revoked"
        assert [row["holder"] for row in revoked["changes"]] == ["to no entity", chain, "to no entity"]
        assert {row["holder"] for row in live["actions"]} <= {chain, "to no entity"}

    def test_a_key_says_what_it_may_do(self, life: Life) -> None:
        live = keys(life, "lived")[0]
        assert (live["rolled_from"], live["rolled_to"], live["limits"], live["bound"]) == ("", [], [], "")
        assert isinstance(live["scopes"], list) and isinstance(live["tiers"], list)


class TestActions:
    def test_those_of_the_audit_log_are_told_in_full(self, life: Life) -> None:
        verbs = [row["verb"] for row in keys(life, "lived")[0]["actions"]]
        assert verbs == ["key.issued", "key.linked", "hold.placed", "hold.lifted", "hold.placed"]
        placed = keys(life, "lived")[0]["actions"][2]
        assert (placed["by"], placed["role"], placed["reason"]) == ("Rui Duarte", "approver", "a leaked key was reported")
        assert placed["details"] == "source: officer"


class TestOwners:
    def of(self, life: Life, stage: str) -> dict[str, Any]:
        [found] = life.then[stage].keys["owners"]
        return found  # type: ignore[no-any-return]  # facts are an object

    def test_before_any_key_answers_to_an_entity_there_is_nobody_to_tell_of(self, life: Life) -> None:
        assert life.then["examined"].keys["owners"] == []

    def test_each_entity_stands_with_whom_two_officers_decided_to_be_its_owner(self, life: Life) -> None:
        found = self.of(life, "approved")
        assert (found["name"], found["at_end"], found["none"]) == ("Nordlys Modelling AS", "verified", "")
        assert (found["proposed_by"], found["taken_by"]) == ("Ana Maric", "Rui Duarte")
        assert found["entity"] == keys(life, "approved")[0]["verifications"][0]["entity"]
        alice = next(row for row in found["rows"] if row["party"] == "Alice Olsen")
        assert (alice["standing"], alice["departs"]) == ("Beneficial owner", "")
        assert "Beneficial owner, proposed IaaS rule: yes, 60 %" in alice["rests_on"]

    def test_beside_it_stands_what_is_computed_by_the_last_round(self, life: Life) -> None:
        for row in self.of(life, "approved")["rows"]:
            assert row["now"] == row["rests_on"] != []

    def test_the_summary_names_them(self, life: Life) -> None:
        told = {row["what"]: row["value"] for row in life.then["approved"].keys["summary"]}
        assert "Alice Olsen" in told["Beneficial owners as decided"]


class TestPages:
    def test_the_text_of_the_pdf_and_of_its_attachments_holds_no_secret(self, life: Life, tmp_path: Any) -> None:
        facts = life.then["lived"].keys
        data = pdf.render(facts, envelope.draft(facts))
        with pikepdf.open(io.BytesIO(data)) as document:
            found = [bytes(file.get_file().read_bytes()).decode() for file in document.attachments.values()]
        (tmp_path / "r.pdf").write_bytes(data)
        found.append(text_of(tmp_path / "r.pdf"))
        assert "API Key Attribution Report" in found[-1] and facts["keys"][0]["key"][:20] in found[-1]
        assert [one for text in found for one in secrets_in(text, life)] == []

    def test_each_step_is_told(self) -> None:
        assert ATTRIBUTION.steps == 9


def text_of(path: Any) -> str:
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
