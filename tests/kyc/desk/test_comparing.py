"""A match on the case page: what has changed since it was ruled on, by what it was found, and the second person."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Proposal, User
from kyc.cases.models import Case
from kyc.screening import actions as screening
from kyc.screening import compared as comparing
from kyc.screening import overturning, pairs
from kyc.screening.models import Hit, ListEntry, ListVersion
from tests import cast

pytestmark = pytest.mark.django_db


def page(client: Client, case: Case) -> str:
    return client.get(f"/desk/cases/{case.pk}/?tab=screening").content.decode()


def said(client: Client, name: str, case: Case, hit: Hit, **data: Any) -> Any:
    return client.post(reverse(f"desk:{name}", args=[case.pk, hit.pk]), data)


@pytest.fixture
def returned(case: Case, hit: Hit, ana: User) -> Hit:
    """Ruled another, and then the list added a name."""
    kept = comparing.kept(comparing.facts(hit.party))
    first = cast.matched(hit.party, hit.list_version, entry_id="2", entry_name="OLSEN, Alice", compared=kept)
    cast.ruled(first, ruling="false", reason="different_birth_date", note="Born in 1961.", by=ana)
    newer = ListVersion.objects.create(source="ofac-sdn", published="2026-11-02", sha256="c" * 64, entries_count=1)
    told = {"entry_id": "2", "kind": "person", "name": "OLSEN, Alice", "birth_dates": ["1961"], "programmes": ["SDGT"]}
    ListEntry.objects.create(version=hit.list_version, content="1", **told)
    ListEntry.objects.create(version=newer, content="2", **told, aliases=["Alise the Swift"])
    return cast.matched(hit.party, newer, entry_id="2", entry_name="OLSEN, Alice", before=first, compared=kept)


class TestReturned:
    def test_only_what_has_changed_is_told(self, as_ana: Client, case: Case, returned: Hit) -> None:
        shown = page(as_ana, case).partition(f'id="hit-{returned.pk}"')[2].partition("</section>")[0]
        assert "Ruled <b>Another</b> by Ana" in shown and "Born on another day: Born in 1961." in shown
        changed = shown.partition("Changed since then:")[2].partition("</table>")[0]
        assert "On the list: Names" in changed and "Alise the Swift" in changed
        assert changed.count("<tr>") == 2, "the head, and one row"
        assert "SDGT" not in changed

    def test_the_earlier_ruling_stands_among_the_earlier_ones(self, as_ana: Client, case: Case, returned: Hit) -> None:
        assert "1 earlier match" in page(as_ana, case)

    def test_of_a_date_of_birth_only_the_year_and_that_it_is_another(self, case: Case, hit: Hit) -> None:
        from kyc.desk import comparing as desk

        facts = comparing.facts(hit.party) | {"birth_date": "1984-03-17"}
        before = cast.matched(hit.party, hit.list_version, entry_id="3", compared=comparing.kept(facts))
        after = cast.matched(
            hit.party,
            hit.list_version,
            entry_id="3",
            before=before,
            compared=comparing.kept(facts | {"birth_date": "1984-03-18"}),
        )
        [change] = desk.changes(before, after, {})
        assert (change.gone, change.added) == ("1984-••-••", "1984-••-••, another than before")


class TestBirthDates:
    """The page says that both were born on the same day, so that either would tell the other."""

    @pytest.fixture
    def same_day(self, hit: Hit) -> str:
        day: str = hit.party.birth_date
        ListEntry.objects.create(
            version=hit.list_version,
            entry_id="7",
            kind="person",
            name="OLSEN, Alise",
            birth_dates=[day, "1961-01-01"],
            content="1",
        )
        cast.matched(hit.party, hit.list_version, entry_id="7", entry_name="OLSEN, Alise", reasons=["Born on the same day."])
        return day

    def test_the_listed_one_is_masked_where_the_partys_is(self, as_ana: Client, case: Case, same_day: str) -> None:
        assert len(same_day) == 10
        shown = page(as_ana, case)
        assert same_day not in shown and f"{same_day[:4]}-••-••; 1961-01-01" in shown

    def test_and_whole_for_who_was_shown_it(self, as_ana: Client, case: Case, hit: Hit, same_day: str) -> None:
        shown = as_ana.post(
            f"/desk/cases/{case.pk}/parties/{hit.party_id}/reveal/?tab=screening", {"field": "birth_date", "purpose": "match"}
        )
        assert f"{same_day}; 1961-01-01" in shown.content.decode()


class TestFoundBy:
    def test_engine_weights_and_version_stand_in_a_line(self, as_ana: Client, case: Case, hit: Hit) -> None:
        assert "OFAC SDN list of 2 May 2024, 18782 · compared by tests with the weights of tests on" in page(as_ana, case)


class TestGone:
    def test_an_open_one_says_since_when(self, as_ana: Client, case: Case, hit: Hit) -> None:
        ListVersion.objects.update(is_active=False)
        ListVersion.objects.create(source="ofac-sdn", published="2026-11-02", sha256="c" * 64, entries_count=1, is_active=True)
        shown = page(as_ana, case)
        assert "Gone from the OFAC SDN list of 2 November 2026." in shown
        assert "Gone from the list</option>" in shown

    def test_otherwise_that_is_no_reason(self, as_ana: Client, case: Case, hit: Hit) -> None:
        assert "Gone from the list" not in page(as_ana, case)


class TestSecondPerson:
    @pytest.fixture
    def ruling(self, as_ana: Client, case: Case, hit: Hit) -> Proposal:
        answer = said(as_ana, "rule", case, hit, ruling="true", reason="same_identifier", note="The number is the list's.")
        assert answer.status_code == 302
        return Proposal.objects.get(hit=hit)

    def test_the_first_sees_that_it_waits_and_may_take_it_back(
        self, as_ana: Client, case: Case, hit: Hit, ruling: Proposal
    ) -> None:
        shown = page(as_ana, case)
        assert "waits for a second person" in shown and "Another person confirms it." in shown
        assert reverse("desk:ruling_confirm", args=[case.pk, hit.pk]) not in shown
        assert said(as_ana, "ruling_withdraw", case, hit, proposal=ruling.pk).status_code == 302
        assert not Hit.objects.get(pk=hit.pk).waits

    def test_the_second_reads_reason_and_note_and_confirms(self, as_rui: Client, case: Case, hit: Hit, ruling: Proposal) -> None:
        shown = page(as_rui, case)
        assert "Same number" in shown and "The number is the list&#x27;s." in shown and "Confirm: Same" in shown
        assert said(as_rui, "ruling_confirm", case, hit, proposal=ruling.pk, note="").status_code == 302
        assert Hit.objects.get(pk=hit.pk).ruling == "true"
        assert "confirmed by Rui" in page(as_rui, case)

    def test_the_first_confirms_nothing_whatever_he_sends(self, as_ana: Client, case: Case, hit: Hit, ruling: Proposal) -> None:
        answer = said(as_ana, "ruling_confirm", case, hit, proposal=ruling.pk)
        assert answer.status_code == 422 and "another person decides it" in answer.content.decode()
        assert Hit.objects.get(pk=hit.pk).ruling == ""

    def test_sent_back_it_says_by_whom_and_why(
        self, as_rui: Client, as_ana: Client, case: Case, hit: Hit, ruling: Proposal
    ) -> None:
        assert said(as_rui, "ruling_send_back", case, hit, proposal=ruling.pk, note=" ").status_code == 422
        assert said(as_rui, "ruling_send_back", case, hit, proposal=ruling.pk, note="Which number?").status_code == 302
        shown = page(as_ana, case)
        assert "sent the ruling of Ana" in shown and "Which number?" in shown

    @pytest.mark.parametrize("number", ["", "0", "99999999999999999999", "²"])
    def test_only_the_ruling_that_was_read_is_confirmed(
        self, as_rui: Client, case: Case, hit: Hit, ruling: Proposal, number: str
    ) -> None:
        assert said(as_rui, "ruling_confirm", case, hit, proposal=number).status_code == 404

    def test_not_decided_says_who_and_why_and_stays_open(self, as_ana: Client, case: Case, hit: Hit) -> None:
        answer = said(as_ana, "rule", case, hit, ruling="undecided", reason="asked", note="The passport is on its way.")
        assert answer.status_code == 302
        shown = page(as_ana, case)
        assert "has not decided: Asked, and not answered yet. The passport is on its way." in shown
        assert reverse("desk:rule", args=[case.pk, hit.pk]) in shown


class TestOverturned:
    @pytest.fixture
    def ruled(self, hit: Hit, ana: User) -> Hit:
        return cast.ruled(hit, ruling="false", reason="different_birth_date", note="Born in 1961.", by=ana)

    WRONG = {"ruling": "true", "reason": "same_identifier", "note": "The number is the list's."}

    def test_the_form_offers_what_does_not_stand(self, as_rui: Client, case: Case, ruled: Hit) -> None:
        shown = page(as_rui, case).partition("Overturn this ruling")[2].partition("</form>")[0]
        assert 'value="true"' in shown and 'value="undecided"' in shown and 'value="false"' not in shown
        assert "Same number" in shown and "Born on another day" not in shown
        answer = said(as_rui, "overturn", case, ruled, **self.WRONG | {"note": " "})
        assert answer.status_code == 422 and "Say what was wrong with the ruling." in answer.content.decode()

    def test_a_second_person_reads_why_and_confirms(self, as_ana: Client, as_rui: Client, case: Case, ruled: Hit) -> None:
        assert said(as_ana, "overturn", case, ruled, **self.WRONG).status_code == 302
        first = page(as_ana, case)
        assert "overturns this ruling: <b>Same</b>" in first and "Another person confirms it." in first
        assert reverse("desk:overturn_confirm", args=[case.pk, ruled.pk]) not in first
        proposal = Hit.objects.get(pk=ruled.pk).overturning
        assert "The number is the list&#x27;s." in page(as_rui, case)
        assert said(as_ana, "overturn_confirm", case, ruled, proposal=proposal.pk).status_code == 422
        assert said(as_rui, "overturn_confirm", case, ruled, proposal=0).status_code == 404
        assert said(as_rui, "overturn_confirm", case, ruled, proposal=proposal.pk).status_code == 302
        row = Hit.objects.get(overturns=ruled)
        shown = page(as_rui, case)
        ruled_now, _, earlier = shown.partition("1 earlier match")
        now = ruled_now.partition(f'id="hit-{row.pk}"')[2]
        assert "Overturns <b>Another</b>, as Ana" in now and "Born in 1961." in now and "confirmed by Rui" in now
        overturned = earlier.partition(f'id="hit-{ruled.pk}"')[2]
        assert "overturned</span> Ana" in overturned and "confirmed by Rui" in overturned.partition("overturned</span>")[2]
        late = said(as_rui, "overturn", case, ruled, **self.WRONG | {"ruling": "undecided", "reason": "asked"})
        assert late.status_code == 422 and "has overturned this ruling meanwhile" in late.content.decode()

    def test_an_earlier_one_that_two_people_ruled_on_names_both(
        self, as_ana: Client, as_rui: Client, case: Case, hit: Hit, ana: User, rui: User
    ) -> None:
        ruled = cast.ruled(hit, ruling="true", by=ana, second=rui)
        said(as_ana, "overturn", case, ruled, ruling="false", reason="different_birth_date", note="It was another.")
        said(as_rui, "overturn_confirm", case, ruled, proposal=Hit.objects.get(pk=ruled.pk).overturning_id)
        earlier = page(as_ana, case).partition("1 earlier match")[2].partition(f'id="hit-{ruled.pk}"')[2]
        assert earlier.count("confirmed by Rui") == 2, "the ruling, and that it was overturned"

    def test_not_confirmed_or_withdrawn_it_stands_and_says_so(
        self, as_ana: Client, as_rui: Client, case: Case, ruled: Hit
    ) -> None:
        said(as_ana, "overturn", case, ruled, **self.WRONG)
        proposal = Hit.objects.get(pk=ruled.pk).overturning
        assert said(as_rui, "overturn_send_back", case, ruled, proposal=proposal.pk, note=" ").status_code == 422
        assert said(as_rui, "overturn_send_back", case, ruled, proposal=proposal.pk, note="It is not.").status_code == 302
        assert "who wanted to overturn it (Same): It is not." in page(as_ana, case)
        said(as_ana, "overturn", case, ruled, **self.WRONG)
        again = Hit.objects.get(pk=ruled.pk).overturning
        assert said(as_ana, "overturn_withdraw", case, ruled, proposal=again.pk).status_code == 302
        assert list(Hit.objects.current()) == [ruled]

    def test_also_where_the_case_is_decided_which_tells_then_and_since(
        self, as_rui: Client, as_ana: Client, case: Case, ruled: Hit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Case.objects.filter(pk=case.pk).update(in_state_since=timezone.now())
        monkeypatch.setattr(Case, "is_decided", property(lambda self: True))
        assert "Overturn this ruling" in page(as_rui, case)
        said(as_rui, "overturn", case, ruled, **self.WRONG)
        proposal = Hit.objects.get(pk=ruled.pk).overturning
        assert "Confirm: Same" in page(as_ana, case)
        said(as_ana, "overturn_confirm", case, ruled, proposal=proposal.pk)
        then, _, since = page(as_ana, case).partition("Since this case was decided")
        row = Hit.objects.get(overturns=ruled)
        assert "overturned</span>" in then.partition(f'id="hit-{ruled.pk}"')[2] and f'id="hit-{row.pk}"' in since

    def test_who_may_not_rule_reads_it_and_is_offered_nothing(
        self, as_ana: Client, auditor: User, case: Case, ruled: Hit
    ) -> None:
        reader = cast.signed_in(auditor)
        assert "Overturn this ruling" not in page(reader, case)
        said(as_ana, "overturn", case, ruled, **self.WRONG)
        shown = page(reader, case)
        assert "Until a second person confirms it the ruling stands." in shown and "Confirm:" not in shown


class TestRuledAlone:
    def test_after_another_was_sent_back_nobody_is_said_to_have_confirmed_it(
        self, as_ana: Client, case: Case, hit: Hit, ana: User, rui: User
    ) -> None:
        waits = screening.rule(hit, ruling="true", reason="same_identifier", by=ana)
        screening.send_back(waits.proposal, note="Another number.", by=rui)
        cast.ruled(hit, ruling="false", by=ana)
        ruled = page(as_ana, case).partition(f'id="hit-{hit.pk}"')[2].partition("</section>")[0]
        assert "Another</span>" in ruled and "confirmed by" not in ruled and "Another number." not in ruled


class TestLapsed:
    def test_what_waited_when_it_was_compared_again_is_told_by_whom(
        self, as_rui: Client, case: Case, hit: Hit, ana: User
    ) -> None:
        first = cast.matched(hit.party, hit.list_version, entry_id="8", is_strong=True)
        screening.rule(first, ruling="false", reason="different_name", note="Another Olsen.", by=ana)
        second = cast.ruled(cast.matched(hit.party, hit.list_version, entry_id="9"), ruling="false", by=ana)
        overturning.overturn(second, ruling="true", reason="same_identifier", note="The number.", by=ana)
        for one in (first, second):
            cast.matched(hit.party, hit.list_version, entry_id=one.entry_id, before=one)
            pairs.lapse(Hit.objects.get(pk=one.pk))
        earlier = page(as_rui, case).partition("2 earlier matches")[2]
        assert "Ana Maric ruled <b>Another</b>, and that waited" in earlier and "Another Olsen." in earlier
        assert "Ana Maric wanted to overturn it (<b>Same</b>), and that waited" in earlier and "Confirm:" not in earlier


class TestMany:
    def test_only_the_next_one_is_unfolded(self, as_ana: Client, case: Case, hit: Hit) -> None:
        others = [cast.matched(hit.party, hit.list_version, entry_id=f"7{n}", score="0.870") for n in range(4)]

        def unfolded(shown: str) -> list[int]:
            return [one.pk for one in (hit, *others) if '"hit" open' in shown.partition(f'id="hit-{one.pk}"')[2][:60]]

        assert unfolded(page(as_ana, case)) == [hit.pk]
        cast.ruled(hit, ruling="false", by=cast.staff("analyst", "Bo"))
        assert unfolded(page(as_ana, case)) == [others[0].pk]
        wrong = said(as_ana, "rule", case, others[2], ruling="true", reason="")
        assert unfolded(wrong.content.decode()) == [others[0].pk, others[2].pk]
