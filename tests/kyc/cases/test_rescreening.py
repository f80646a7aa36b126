"""A newer list: what it changes is compared with every customer, and what was ruled on stands where neither side has changed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from unittest.mock import patch

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Proposal, User
from config import jobs
from kyc.cases import actions as cases
from kyc.cases import examining, rescreening, reviewing
from kyc.cases.models import Case, Entity, Examination, Review
from kyc.cases.obstacles import obstacles
from kyc.cases.outdated import Overtaken
from kyc.keys import reassessing
from kyc.keys.models import Hold
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening import actions as screening
from kyc.screening import lists, overturning, pairs
from kyc.screening.actions import StillListed
from kyc.screening.models import Hit, ListVersion, Rescreening
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import KARPOV, own
from tests.stage import scene

pytestmark = pytest.mark.django_db
Publish = Callable[[str], ListVersion]


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """A further version, a day younger each time."""
    days = iter(range(2, 28))

    def load(text: str) -> ListVersion:
        # Those of the first version were compared when the case was examined.
        Rescreening.objects.filter(since=None).update(state="done")
        return cast.load_list(tmp_path, text, published=date(2026, 10, next(days)))

    return load


def run() -> None:
    """Twice, as a second wake-up would."""
    for _ in range(2):
        rescreening.run()
        reviewing.run()
        examining.run()
        reassessing.run()
    assert not rescreening.QUEUE.is_waiting() and not reviewing.QUEUE.is_waiting()


def stretches() -> list[Rescreening]:
    """But for those of the first version."""
    return list(Rescreening.objects.exclude(since=None).order_by("pk"))


def verbs(start: str = "hit.") -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith=start).order_by("pk").values_list("verb", flat=True))


@scene
def matched(nordlys: Founded, the_list: ListVersion) -> Case:
    """In review, with Karpov a possible match."""
    own(nordlys, KARPOV, "10", birth_date="1961-02-04")
    own(nordlys, "Kari Moe", "90")
    return scenes.examine(nordlys).case


@scene
def verified(case: Case, ana: User, rui: User) -> Entity:
    """Nordlys, approved with nothing against it."""
    return scenes.approved(case, ana=ana, rui=rui)


# Rows of the short list.
ELSEWHERE = cast.LISTED.replace("VOLKHOV", "WOLCHOW")
OF_ALICE = cast.LISTED + '9990,"OLSEN, Alice","individual","SDGT"' + ",-0- " * 7 + ',"DOB 17 Mar 1984."\n'


def of_karpov(text: str) -> str:
    """Another remark on Karpov: his entry is another."""
    found = next(line for line in cast.LISTED.splitlines() if "KARPOV" in line)
    return cast.LISTED.replace(found, found.replace("1961", text))


class TestCarried:
    """Rounds under a newer version."""

    @pytest.mark.parametrize("ruling", ["false", "true"])
    def test_a_ruling_holds_where_neither_side_has_changed(self, matched: Case, ana: User, publish: Publish, ruling: str) -> None:
        first = ListVersion.objects.get()
        hit = cast.ruled(Hit.objects.get(), ruling=ruling, by=ana)
        examining.run()
        newer = publish(ELSEWHERE)
        run()
        assert Hit.objects.get() == hit, "no row was added, and none was written over"
        assert (hit.ruling, hit.ruled_by, hit.list_version) == (ruling, ana, first)
        [event] = AuditEvent.objects.filter(verb="hit.carried")
        assert event.target_id == str(hit.pk)
        assert (event.details["ruled_in"], event.details["version"]) == (first.pk, newer.pk)
        assert (event.details["ruling"], event.details["ruled_by"]) == (ruling, "Ana Maric")

    def test_it_is_told_once_a_version(self, matched: Case, ana: User, publish: Publish) -> None:
        cast.ruled(Hit.objects.get(), ruling="false", by=ana)
        publish(ELSEWHERE)
        run()
        scenes.examine_anew(matched)
        assert verbs().count("hit.carried") == 1
        publish(cast.LISTED)
        run()
        assert verbs().count("hit.carried") == 2, "what the first version said, given out again, is a version of its own"

    def test_an_open_one_stays_one_question(self, matched: Case, publish: Publish) -> None:
        publish(ELSEWHERE)
        run()
        assert Hit.objects.count() == 1
        assert "hit.carried" not in verbs()

    @pytest.mark.parametrize("ruling", ["false", "true"])
    def test_an_entry_that_changes_returns_with_what_has_changed(
        self, matched: Case, ana: User, publish: Publish, ruling: str
    ) -> None:
        old = cast.ruled(Hit.objects.get(), ruling=ruling, by=ana)
        publish(of_karpov("1962"))
        run()
        hit = Hit.objects.current().get()
        assert (hit.before, hit.ruling, hit.is_open) == (old, "", True)
        old.refresh_from_db()
        assert old.ruling == ruling, "what was said is not written over"
        assert "hit.returned" in verbs()

    def test_a_party_that_changes_returns(self, matched: Case, ana: User) -> None:
        old = cast.ruled(Hit.objects.get(), ruling="false", by=ana)
        party = Party.objects.get(name=KARPOV)
        party.birth_date = "1961-02-05"
        party.save()
        scenes.examine_anew(matched)
        assert Hit.objects.current().get().before == old

    def test_what_waited_for_a_second_person_lapses_with_what_it_was_about(
        self, matched: Case, ana: User, publish: Publish
    ) -> None:
        old = screening.rule(Hit.objects.get(), ruling="true", reason="other_evidence", note="His passport.", by=ana)
        publish(of_karpov("1962"))
        run()
        old.proposal.refresh_from_db()
        assert (old.proposal.outcome, old.proposal.outcome_by) == ("lapsed", None) and old.proposal.outcome_at
        [event] = AuditEvent.objects.filter(verb="hit.ruling_lapsed")
        assert (event.target_id, event.actor_id, event.details["ruling"]) == (str(old.pk), None, "true")
        assert Hit.objects.current().get().is_open and not Proposal.objects.open().exists()
        screening.rule(Hit.objects.current().get(), ruling="true", reason="other_evidence", note="His passport.", by=ana)

    def test_so_does_the_wish_to_overturn_a_ruling(self, matched: Case, ana: User, rui: User) -> None:
        old = cast.ruled(Hit.objects.get(), ruling="false", by=ana)
        old = overturning.overturn(old, ruling="true", reason="same_identifier", note="The number.", by=rui)
        party = Party.objects.get(name=KARPOV)
        party.birth_date = "1961-02-05"
        party.save()
        scenes.examine_anew(matched)
        old.overturning.refresh_from_db()
        assert old.overturning.outcome == "lapsed" and verbs("hit.overturning") == [
            "hit.overturning_proposed", "hit.overturning_lapsed",
        ]  # fmt: skip
        scenes.examine_anew(matched)
        assert verbs().count("hit.overturning_lapsed") == 1

    def test_gone_an_open_one_stays_open_and_says_since_when(self, matched: Case, publish: Publish) -> None:
        found = next(line for line in cast.LISTED.splitlines() if "KARPOV" in line)
        without = cast.LISTED.replace(found + "\n", "")
        since = publish(without)
        publish(without.replace("VOLKHOV", "WOLCHOW"))
        run()
        hit = Hit.objects.get()
        assert hit.is_open
        assert lists.gone([hit]) == {hit.pk: since}

    def test_gone_a_true_one_is_asked_about_anew_and_only_then_is_that_a_reason(
        self, matched: Case, ana: User, rui: User, publish: Publish
    ) -> None:
        old = cast.ruled(Hit.objects.get(), ruling="true", by=ana, second=rui)
        found = next(line for line in cast.LISTED.splitlines() if "KARPOV" in line)
        publish(cast.LISTED.replace(found + "\n", ""))
        run()
        hit = Hit.objects.current().get()
        assert (hit.before, hit.is_gone, hit.is_open, hit.score) == (old, True, True, old.score)
        cast.ruled(hit, ruling="false", reason="delisted", by=ana, second=rui)
        publish(cast.LISTED)
        assert not Hit.objects.open().current().exists()

    def test_one_gone_reason_is_refused_while_the_list_has_it(self, matched: Case, ana: User) -> None:
        with pytest.raises(StillListed):
            cast.ruled(Hit.objects.get(), ruling="false", reason="delisted", by=ana)

    def test_a_round_loses_nothing_that_was_found_meanwhile(self, matched: Case, publish: Publish) -> None:
        publish(OF_ALICE)
        rescreening.run()
        found = set(Hit.objects.current())
        assert len(found) == 2
        examining.run()
        assert set(Hit.objects.current()) == found


class TestTouched:
    def test_only_what_is_new_or_changed_is_compared(self, verified: Entity, publish: Publish) -> None:
        publish(OF_ALICE)
        rescreening.run()
        [stretch] = stretches()
        assert (stretch.state, stretch.entries, stretch.found, stretch.parties) == ("done", 1, 1, 2)

    def test_a_match_of_a_verified_customer_opens_a_case_that_names_it(self, verified: Entity, publish: Publish) -> None:
        publish(OF_ALICE)
        run()
        hit = Hit.objects.get()
        case = Case.objects.latest("pk")
        assert (case.trigger, case.matched, case.state, case.submitted_at) == ("list", hit, "review", None)
        assert (hit.party.name, hit.entry_name) == ("Alice Olsen", "Alice OLSEN")
        assert verbs("case.review_opened") == ["case.review_opened"] and verbs() == ["hit.found"]
        assert Review.objects.get().hit == hit
        assert Examination.objects.filter(case=case, state="done").count() == 1

    def test_what_may_block_the_customer_holds_the_keys_by_policy(self, verified: Entity, publish: Publish) -> None:
        publish(OF_ALICE)
        run()
        [hold] = Hold.objects.live()
        case = Case.objects.latest("pk")
        assert (hold.source, hold.placed_by) == ("policy.ownership", None)
        assert case.number in hold.reason and "Alice Olsen" in hold.reason

    def test_it_scores_as_a_whole_round_does(self, verified: Entity, publish: Publish, ana: User) -> None:
        publish(OF_ALICE)
        run()
        hit = Hit.objects.get()
        line = packs.current().screening_threshold
        party = Party.objects.get(pk=hit.party_id)
        [match] = pairs.likest(lists.active_index(), party, least=line).values()
        assert (float(hit.score), hit.reasons, hit.configuration) == (match.score, list(match.reasons), match.configuration)

    def test_a_listed_number_is_found_whatever_the_name(self, verified: Entity, publish: Publish) -> None:
        row = cast.LISTED + '9991,"HAVBLIKK CARGO LLC",-0- ,"SDGT"' + ",-0- " * 7 + ',"Registration Number 918334207."\n'
        publish(row)
        run()
        assert Hit.objects.get().entry_name == "HAVBLIKK CARGO LLC"

    def test_a_customer_whom_nobody_examined_yet_is_left_alone(
        self, nordlys: Founded, the_list: ListVersion, publish: Publish
    ) -> None:
        publish(OF_ALICE)
        run()
        assert not Hit.objects.exists()

    def test_an_overtaken_version_loses_nothing(self, verified: Entity, publish: Publish) -> None:
        """Alice comes with the second version; the third changes others, and both are compared with it."""
        publish(OF_ALICE)
        newest = publish(OF_ALICE.replace("VOLKHOV", "WOLCHOW"))
        run()
        assert Hit.objects.get().list_version == newest
        assert [stretch.entries for stretch in stretches()] == [2, 1]

    def test_a_version_that_comes_while_it_is_compared_is_compared_with(self, verified: Entity, publish: Publish) -> None:
        publish(OF_ALICE)
        compare, once = rescreening.compare, iter([True])

        def slowly(*args: object) -> object:
            found = compare(*args)  # type: ignore[arg-type]  # as it was called
            if next(once, False):
                publish(cast.LISTED.replace("VOLKHOV", "WOLCHOW"))
            return found

        with patch.object(rescreening, "compare", slowly):
            run()
        assert not Hit.objects.exists()
        assert set(Rescreening.objects.values_list("state", flat=True)) == {"done"}

    def test_a_worker_that_was_overtaken_writes_nothing(self, verified: Entity, publish: Publish) -> None:
        publish(OF_ALICE)
        claim = rescreening.QUEUE.claim()
        assert claim is not None
        Rescreening.objects.update(claimed_until=timezone.now())
        rescreening.run()
        with claim:
            rescreening.rescreen(claim)
        assert Hit.objects.count() == 1
        assert verbs() == ["hit.found"]

    def test_every_party_stands_in_one_stretch(self, verified: Entity, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lists, "STRETCH", 1)
        publish(OF_ALICE)
        ends = [(stretch.first, stretch.last) for stretch in stretches()]
        parties = list(Party.objects.values_list("pk", flat=True))
        assert [sum(first <= pk <= last for first, last in ends) for pk in parties] == [1] * len(parties)
        run()
        assert Hit.objects.count() == 1

    def test_a_further_match_is_no_further_case(self, verified: Entity, publish: Publish) -> None:
        publish(OF_ALICE)
        run()
        publish(OF_ALICE.replace("9990", "9992") + OF_ALICE.splitlines()[-1] + "\n")
        run()
        assert Case.objects.count() == 2
        assert Hit.objects.open().current().count() == 2

    def test_a_case_that_waits_for_a_verified_customer_is_examined_too(
        self, verified: Entity, publish: Publish, ana: User, rui: User
    ) -> None:
        publish(OF_ALICE)
        run()
        case = Case.objects.latest("pk")
        cases.take(scenes.proposed(case, "ask", by=ana), by=rui)
        publish(OF_ALICE.replace("Mar 1984", "Apr 1984"))
        run()
        assert Hit.objects.current().get().before is not None
        assert Examination.objects.filter(case=case, state="done").count() == 2

    def test_a_failing_audit_undoes_the_stretch(self, verified: Entity, publish: Publish) -> None:
        publish(OF_ALICE)
        with patch("accounts.audit.record", side_effect=OSError):
            rescreening.run()
        assert not Hit.objects.exists()
        assert [stretch.state for stretch in stretches()] == ["waiting"]
        Rescreening.objects.update(claimed_until=None)
        jobs.wake("list.activated")
        rescreening.run()
        assert Hit.objects.count() == 1


class TestOverturned:
    """A ruling that the customer was approved on was wrong."""

    @pytest.fixture
    def cleared(self, matched: Case, ana: User, rui: User) -> Hit:
        hit = cast.ruled(Hit.objects.get(), ruling="false", by=ana)
        examining.run()
        scenes.approved(matched, ana=ana, rui=rui)
        run()
        assert Case.objects.count() == 1
        return hit

    def overturned(self, hit: Hit, ruling: str, reason: str, *, by: User, second: User) -> Hit:
        row = overturning.overturn(hit, ruling=ruling, reason=reason, note="The passport was another's.", by=by)
        return overturning.confirm(row.overturning, by=second) if row.is_doubted else row

    @pytest.mark.parametrize(("ruling", "reason"), [("true", "same_identifier"), ("undecided", "too_little")])
    def test_a_case_opens_and_is_examined_anew(self, cleared: Hit, ana: User, rui: User, ruling: str, reason: str) -> None:
        row = self.overturned(cleared, ruling, reason, by=ana, second=rui)
        assert reviewing.QUEUE.is_waiting()
        run()
        case = Case.objects.latest("pk")
        assert (case.trigger, case.matched, case.state) == ("list", row, "review")
        [event] = AuditEvent.objects.filter(verb="case.review_opened")
        assert event.reason.startswith(f"A ruling was overturned: {row.party_name} {'is' if ruling == 'true' else 'may be'} ")
        assert Review.objects.count() == 1
        assert obstacles(case)

    def test_while_it_is_only_proposed_nothing_opens(self, cleared: Hit, ana: User) -> None:
        overturning.overturn(cleared, ruling="true", reason="same_identifier", note="Wrong.", by=ana)
        run()
        assert Case.objects.count() == 1

    def test_to_be_another_after_all_opens_nothing(self, cleared: Hit, ana: User, rui: User) -> None:
        row = self.overturned(cleared, "true", "same_identifier", by=ana, second=rui)
        self.overturned(row, "false", "different_name", by=ana, second=rui)
        run()
        assert Case.objects.count() == 1

    def test_in_an_open_case_the_round_is_made_anew(self, matched: Case, ana: User, rui: User) -> None:
        hit = cast.ruled(Hit.objects.get(), ruling="false", by=ana)
        run()
        rounds = Examination.objects.count()
        self.overturned(hit, "undecided", "too_little", by=ana, second=rui)
        assert Overtaken(matched).causes == ["a ruling on a possible match was overturned"]
        run()
        assert Examination.objects.count() == rounds + 1 and Overtaken(matched).causes == []
        assert any("still open" in sentence for sentence in obstacles(matched))
