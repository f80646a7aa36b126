"""A politically exposed person is no refusal: it asks for the source of wealth, and for a senior approval."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Message, Proposal, User
from accounts.permissions import NotPermitted
from kyc.cases import actions as cases
from kyc.cases import examining, exposed, items, judging
from kyc.cases.meanwhile import NotNow
from kyc.cases.models import Asking, Case, Examination, Requirement
from kyc.cases.obstacles import obstacles
from kyc.desk import wealth
from kyc.evidence import actions as evidence
from kyc.evidence import reviews
from kyc.evidence.models import Document
from kyc.evidence.proofs import NotAProof
from kyc.parties.models import Party
from kyc.risk.models import Factor
from kyc.rules import assurance, packs
from kyc.screening import lists
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import finding, own
from tests.stage import scene

pytestmark = pytest.mark.django_db
MINISTER = "Vasilije Crnogorac"
LACKING = (
    "Politically exposed, or close to somebody who is, and no officer has accepted a proof of the source of wealth: "
    f"{MINISTER}. It is asked of the customer by itself; accept it under “Documents”."
)
SHOWN = "Sold his vineyard in 2019, as the deed says."


def listed_as(topics: str, folder: Path) -> None:
    """He is on a further list, for these reasons."""
    (folder / "peps.csv").write_text(f"id,kind,name,topics\nm1,person,{MINISTER},{topics}\n")
    lists.load("csv", primary=folder / "peps.csv", published=cast.PUBLISHED)


def ruled(nordlys: Founded, ana: User, ruling: str = "true") -> Case:
    """He owns most of the customer, and is he."""
    own(nordlys, MINISTER, "60")
    own(nordlys, "Kari Moe", "40")
    case = scenes.examine(nordlys).case
    reason = {"true": "other_evidence", "false": "different_name"}[ruling]
    cast.ruled(Hit.objects.get(), ruling=ruling, reason=reason, note="The register says so.", by=ana)
    examining.run()
    case.refresh_from_db()
    return case


def sent(nordlys: Founded, ana: User, *, width: int = 420) -> Document:
    """What shows it, which Ana has opened. Sent where the customer would, so that what is asked for meanwhile is tried too."""
    minister = Party.objects.get(name=MINISTER)
    paper = evidence.upload(nordlys.organisation, kind="wealth", file=cast.pdf(width=width), party=minister, by=nordlys.by)
    return evidence.look_at(paper, by=ana)


def asked(case: Case) -> Requirement:
    return case.requirements.by_rule().latest("pk")


@scene
def minister(nordlys: Founded, the_list: ListVersion, ana: User) -> Case:
    with TemporaryDirectory() as folder:
        listed_as("pep", Path(folder))
    return ruled(nordlys, ana)


def test_he_blocks_nothing_and_his_wealth_is_asked_for(minister: Case) -> None:
    assert Hit.objects.get().topics == ["pep"]
    assert obstacles(minister) == [LACKING]
    examination = minister.examinations.latest("pk")
    assert finding(examination, "ownership")[0] == "good"
    state, sentence = finding(examination, "screening")
    # The customer, who runs it, and the other owner.
    assert state == "good" and sentence.startswith("3 parties are clear on ")
    said = f"Politically exposed, or close to somebody who is: {MINISTER}. The source of wealth is asked for by itself, and a"
    assert finding(examination, "exposure") == ("warn", f"{said} senior officer approves.")
    assert not Factor.objects.filter(code="listed_party").exists()


def test_the_customer_is_asked_once_and_learns_nothing_of_a_list(minister: Case) -> None:
    examining.run()
    row = minister.requirements.open().get()
    assert (row.what, row.party.name, row.document) == ("wealth", MINISTER, None)  # type: ignore[union-attr]  # it is about him
    mail = Message.objects.filter(subject="One more thing we need from you").get()
    assert row.sentence in mail.text and f"{row.due_on:%B %Y}" in mail.text
    words = f"{row.sentence} {row.consequence} {mail.text}".lower()
    assert not [word for word in ("politic", "exposed", "list", "match", "sanction", "suspic") if word in words]
    # The officers go on meanwhile.
    assert minister.state == "review"
    event = AuditEvent.objects.get(verb="requirement.asked")
    assert (event.actor_id, event.details["name"]) == (None, MINISTER)


def test_what_was_sent_before_is_not_asked_for_by_mail(
    nordlys: Founded, the_list: ListVersion, ana: User, tmp_path: Path
) -> None:
    listed_as("pep", tmp_path)
    own(nordlys, MINISTER, "60")
    evidence.upload(nordlys.organisation, kind="register_extract", file=cast.pdf(), by=nordlys.by)
    paper = sent(nordlys, ana)
    own(nordlys, "Kari Moe", "40")
    case = scenes.examine(nordlys).case
    cast.ruled(Hit.objects.get(), ruling="true", reason="other_evidence", note="The register says so.", by=ana)
    examining.run()
    assert not Message.objects.filter(subject="One more thing we need from you").exists()
    assert obstacles(case) == [LACKING]
    judging.accept(case, asked(case), document=paper, note=SHOWN, by=ana)
    assert obstacles(case) == []


class TestAccept:
    def test_it_is_met_by_what_an_officer_has_read_and_asked_for_again_when_that_is_taken_back(
        self, minister: Case, nordlys: Founded, ana: User
    ) -> None:
        paper, row = sent(nordlys, ana), asked(minister)
        examining.run()
        assert obstacles(minister) == [LACKING]
        for _twice in range(2):
            row = judging.accept(minister, row, document=paper, note=f" {SHOWN}", by=ana)
        assert (row.document, row.note, row.accepted_by, row.met_at) == (paper, SHOWN, ana, row.accepted_at)
        assert AuditEvent.objects.get(verb="requirement.accepted").reason == SHOWN
        assert obstacles(minister) == []
        evidence.remove(paper, by=nordlys.by)
        examining.run()
        assert obstacles(minister) == [LACKING] and asked(minister).accepted_at is None

    def test_it_is_asked_for_again_when_its_document_is_rejected(self, minister: Case, nordlys: Founded, ana: User) -> None:
        paper, row = sent(nordlys, ana), asked(minister)
        judging.accept(minister, row, document=paper, note=SHOWN, by=ana)
        examining.run()
        assert obstacles(minister) == []
        mails = Message.objects.filter(subject="One more thing we need from you").count()
        reviews.review(paper, ruling="rejected", reason=next(iter(assurance.load().reasons["reject"])), by=ana)
        assert LACKING in obstacles(minister)
        exposed.settle()
        again = asked(minister)
        assert again != row and again.accepted_at is None and not items.is_done(again)
        assert Message.objects.filter(subject="One more thing we need from you").count() == mails + 1
        assert not exposed.papers([again]).exists(), "the rejected one is not offered again"

    def test_nothing_else_meets_it(self, minister: Case, nordlys: Founded, ana: User) -> None:
        row, owner = asked(minister), Party.objects.get(name="Kari Moe")
        other = evidence.upload(nordlys.organisation, kind="wealth", file=cast.pdf(width=330), party=owner, by=nordlys.by)
        evidence.look_at(other, by=ana)
        for document in (None, other, Document.objects.filter(kind="register_extract").get()):
            with pytest.raises(NotAProof, match="sent about whom it is asked of"):
                judging.accept(minister, row, document=document, note=SHOWN, by=ana)
        paper = sent(nordlys, ana)
        with pytest.raises(judging.Unexplained):
            judging.accept(minister, row, document=paper, note=" ", by=ana)
        unread = cast.staff("analyst", "Per")
        with pytest.raises(judging.NotOpened):
            judging.accept(minister, row, document=paper, note=SHOWN, by=unread)
        with pytest.raises(NotPermitted):
            judging.accept(minister, row, document=paper, note=SHOWN, by=cast.staff("auditor"))
        assert asked(minister).met_at is None

    def test_the_database_knows_no_other_way(self, minister: Case, nordlys: Founded, ana: User) -> None:
        paper, now = sent(nordlys, ana), timezone.now()
        for values in (
            {"met_at": now},
            {"met_at": now, "accepted_at": now, "accepted_by": ana, "note": "x"},
            {"accepted_at": now, "accepted_by": ana, "note": "x", "document": paper},
            {"met_at": now, "accepted_at": now, "accepted_by": ana, "document": paper},
            {"met_at": now, "accepted_at": now, "accepted_by": ana, "document": paper, "note": "x", "withdrawn_at": now},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                minister.requirements.update(**values)

    def test_sending_a_case_again_does_not_meet_it(self, minister: Case, nordlys: Founded, ana: User, rui: User) -> None:
        cases.take(scenes.proposed(minister, "ask", by=ana), by=rui)
        minister.refresh_from_db()
        with pytest.raises(cases.Incomplete, match="source of wealth"):
            scenes.send(nordlys)
        paper = sent(nordlys, ana)
        with pytest.raises(NotNow):
            judging.accept(minister, asked(minister), document=paper, note=SHOWN, by=ana)
        scenes.send(nordlys)
        assert [row.what for row in minister.requirements.open()] == ["wealth"]


class TestWithdraw:
    def test_when_the_ruling_counts_no_more_it_is_withdrawn_and_ruled_so_again_it_is_asked_anew(
        self, minister: Case, ana: User
    ) -> None:
        before = Hit.objects.get()
        again = cast.matched(before.party, before.list_version, entry_id=before.entry_id, before=before, topics=["pep"])
        assert exposed.due().exists()
        for _twice in range(2):
            exposed.settle()
        first = asked(minister)
        assert first.withdrawn_at and not first.met_at and not exposed.due().exists()
        assert AuditEvent.objects.get(verb="requirement.withdrawn").details["name"] == MINISTER
        with pytest.raises(NotNow, match="not asked for any more"):
            judging.accept(minister, first, document=None, note=SHOWN, by=ana)
        cast.ruled(again, ruling="true", reason="other_evidence", note="It is he after all.", by=ana)
        exposed.settle()
        assert asked(minister) != first and not asked(minister).withdrawn_at

    def test_of_who_has_left_nothing_is_asked(self, minister: Case) -> None:
        Party.objects.filter(name=MINISTER).update(removed_on=timezone.localdate())
        exposed.settle()
        assert asked(minister).withdrawn_at


class TestSenior:
    @pytest.fixture
    def shown(self, minister: Case, nordlys: Founded, ana: User) -> Case:
        judging.accept(minister, asked(minister), document=sent(nordlys, ana), note=SHOWN, by=ana)
        examining.run()
        minister.refresh_from_db()
        return minister

    def test_only_a_senior_approver_approves_and_the_sentence_says_who_can(self, shown: Case, ana: User, rui: User) -> None:
        assert "There is none who could yet" in exposed.reserved(shown)
        helena = cast.staff("senior", "Helena Brandt")
        decision = scenes.proposed(shown, "approve", by=ana)
        with pytest.raises(NotPermitted, match=r"A senior officer approves this.*: Helena Brandt\."):
            cases.take(decision, by=rui)
        shown.refresh_from_db()
        assert shown.state == "proposed" and not Proposal.objects.filter(kind="case.decision", outcome="taken").exists()
        assert exposed.reserved(shown, to=rui) and not exposed.reserved(shown, to=helena)
        cases.take(decision, by=helena)
        shown.refresh_from_db()
        assert shown.state == "approved"

    def test_who_proposed_is_none_of_them(self, shown: Case) -> None:
        helena, _other = cast.staff("senior", "Helena Brandt"), cast.staff("senior", "Sigurd Dahl")
        scenes.proposed(shown, "approve", by=helena)
        shown.refresh_from_db()
        assert exposed.reserved(shown).endswith("Who can: Sigurd Dahl.")

    def test_the_database_refuses_anybody_elses_approval(self, shown: Case, ana: User, rui: User) -> None:
        decision = scenes.proposed(shown, "approve", by=ana)
        taken = {"outcome": "taken", "outcome_by": rui, "outcome_at": timezone.now()}
        Proposal.objects.filter(pk=decision.proposal_id).update(**taken)
        with pytest.raises(IntegrityError, match="a senior approver takes"), transaction.atomic():
            Case.objects.filter(pk=shown.pk).update(state="approved")

    def test_any_approver_refuses_and_asks(self, shown: Case, ana: User, rui: User) -> None:
        cases.take(scenes.proposed(shown, "refuse", by=ana), by=rui)
        shown.refresh_from_db()
        assert shown.state == "refused"

    def test_of_anybody_else_any_approver_approves(
        self, nordlys: Founded, the_list: ListVersion, ana: User, rui: User, tmp_path: Path
    ) -> None:
        listed_as("pep", tmp_path)
        case = ruled(nordlys, ana, "false")
        assert exposed.reserved(case) == "" and not case.requirements.exists()
        assert scenes.approved(case, ana=ana, rui=rui)


@pytest.mark.parametrize("topics", ["crime", "export", "pep;sanction", "own"])
def test_listed_for_anything_else_he_stays_in_the_way(
    nordlys: Founded, the_list: ListVersion, ana: User, tmp_path: Path, topics: str
) -> None:
    listed_as(topics, tmp_path)
    case = ruled(nordlys, ana)
    found = obstacles(case)
    assert found[0] == "A party has been confirmed to be on a list." and LACKING not in found
    assert not case.requirements.exists()


def test_only_sanctions_block_what_he_owns(nordlys: Founded, the_list: ListVersion, ana: User, tmp_path: Path) -> None:
    listed_as("crime", tmp_path)
    assert finding(ruled(nordlys, ana).examinations.latest("pk"), "ownership")[0] == "good"


class TestTheCustomerItself:
    @pytest.fixture
    def listed(self, nordlys: Founded, the_list: ListVersion, ana: User, tmp_path: Path) -> Case:
        """The company is of who holds a public office."""
        (tmp_path / "peps.csv").write_text("id,kind,name,topics\nm1,company,Nordlys Modelling AS,pep\n")
        lists.load("csv", primary=tmp_path / "peps.csv", published=cast.PUBLISHED)
        own(nordlys, "Kari Moe", "100")
        case = scenes.examine(nordlys).case
        cast.ruled(Hit.objects.get(), ruling="true", reason="other_evidence", note="It is.", by=ana)
        examining.run()
        case.refresh_from_db()
        return case

    def test_is_asked_where_its_money_comes_from(self, listed: Case) -> None:
        told = asked(listed).sentence
        assert told.startswith("Proof of where the money of Nordlys Modelling AS comes from, such as audited annual accounts")
        assert "tax return" not in told and "people who own" not in told

    def test_what_was_sent_about_it_names_no_party_and_is_accepted(self, listed: Case, nordlys: Founded, ana: User) -> None:
        """It counted as sent, and no officer was offered it: nothing could be approved any more."""
        row = asked(listed)
        paper = evidence.upload(nordlys.organisation, kind="wealth", file=cast.pdf(width=421), party=None, by=nordlys.by)
        evidence.look_at(paper, by=ana)
        assert items.is_done(row) and list(exposed.papers([row])) == [paper]
        assert [sentence for sentence in obstacles(listed) if "source of wealth" in sentence]
        judging.accept(listed, row, document=paper, note=SHOWN, by=ana)
        assert not [sentence for sentence in obstacles(listed) if "source of wealth" in sentence]

    def test_of_a_person_it_shows_nothing(self, minister: Case, nordlys: Founded) -> None:
        evidence.upload(nordlys.organisation, kind="wealth", file=cast.pdf(width=421), party=None, by=nordlys.by)
        assert exposed.papers_of([asked(minister)]) == {asked(minister).pk: []}


class TestHolds:
    """For the verification it was accepted in."""

    def again(self, case: Case, trigger: str) -> Case:
        now, by = timezone.now(), case.submitted_by
        return Case.objects.create(
            organisation=case.organisation, trigger=trigger, state="review", in_state_since=now, submitted_at=now,
            submitted_by=by, declared_true_at=now, declared_true_by=by,
        )  # fmt: skip

    @pytest.fixture
    def shown(self, minister: Case, nordlys: Founded, ana: User, rui: User) -> Case:
        """Accepted, and the case decided."""
        judging.accept(minister, asked(minister), document=sent(nordlys, ana), note=SHOWN, by=ana)
        cases.take(scenes.proposed(minister, "refuse", by=ana), by=rui)
        return minister

    @pytest.mark.parametrize("trigger", ["change", "doubt", "list", "expiry"])
    def test_in_a_case_between_it_is_not_asked_again(self, shown: Case, trigger: str) -> None:
        case = self.again(shown, trigger)
        exposed.settle()
        assert not case.requirements.exists() and exposed.accepted().exists()
        [row] = wealth.facts(case, None)
        assert row.is_earlier and row.requirement.note == SHOWN and row.form is None

    def test_in_the_periodic_one_it_is_asked_anew_with_the_earlier_word_beside_it(self, shown: Case) -> None:
        case = self.again(shown, "confirmation")
        exposed.settle()
        assert not exposed.accepted().exists()
        [row] = wealth.facts(case, None)
        assert row.requirement.case == case and not row.requirement.accepted_at
        assert row.before is not None and (row.before.note, row.before.case) == (SHOWN, shown)


class TestQueue:
    def test_one_customer_of_whom_it_fails_stops_nobody_else_and_ends_in_failed(
        self, minister: Case, nordlys: Founded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Requirement.objects.filter(case=minister).delete()
        examining.ask_again(minister)
        examination = minister.examinations.latest("pk")

        def fails(organisation: int) -> None:
            raise RuntimeError("poison")

        monkeypatch.setattr(exposed, "ask", fails)
        for _try in range(4):
            examining.run()
            Asking.objects.filter(state="waiting").update(claimed_until=None)
        assert Examination.objects.get(pk=examination.pk).state == "done"
        row = Asking.objects.exclude(state="done").get()
        assert (row.state, row.failure, row.organisation) == ("failed", "RuntimeError: poison", nordlys.organisation)
        assert exposed.due().exists() and not exposed.QUEUE.is_waiting()
        monkeypatch.undo()
        exposed.QUEUE.put_back(row)
        assert exposed.QUEUE.is_waiting()
        exposed.settle()
        assert minister.requirements.open().get().what == "wealth" and not exposed.due().exists()


class TestBasis:
    def test_until_a_law_binds_it_is_our_policy_that_asks(self, minister: Case, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "Our policy makes us ask this" in asked(minister).sentence
        found = {basis["citation"]: basis["status"] for basis in packs.current().exposure_bases(on=timezone.localdate())}
        assert found == {"FATF R.12": "model", "Regulation (EU) 2024/1624 Art. 42 to 46": "model"}
        binding = [{"status": "in_force"}]
        monkeypatch.setattr(packs.Pack, "exposure_bases", lambda pack, on: binding)
        party = asked(minister).party
        assert party is not None and "The law makes us ask this" in exposed.wanted(party)
