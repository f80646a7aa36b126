"""The seed makes five organisations in five states, through the product's own actions only."""

import json
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection

from accounts.models import AuditEvent, GatewayCredential, Message, Organisation, Proposal, User
from demo import seed
from demo.cast import CAST, PASSWORD
from kyc.cases.models import Case, Entity
from kyc.keys.models import Key
from kyc.ownership.models import Determination, Interest
from kyc.parties.models import Party
from kyc.screening.models import Hit
from tests.test_rules import our_models

STATES = {
    "Nordlys Modelling AS": "approved",
    "Lotus Inference Ltd": "review",
    "Helios Compute FZE": "review",
    "Al Ufuq Computing LLC": "waiting",
    "Outside Analytics GmbH": "draft",
}
# What must have been done, by whom, for a case to stand there.
DONE = {
    "draft": ["case.opened"],
    "review": ["case.opened", "case.submitted", "case.examined"],
    "waiting": ["case.opened", "case.submitted", "case.examined", "decision.proposed", "decision.taken", "case.waiting"],
    "approved": ["case.opened", "case.submitted", "case.examined", "decision.proposed", "decision.taken", "case.approved"],
}


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in our_models()}


def test_one_seed_told_from_every_side(gateway: str) -> None:
    """One test for all of them, because seeding takes seconds."""
    assert dict(Organisation.objects.values_list("name", "case__state")) == STATES
    for case in Case.objects.select_related("organisation"):
        told = AuditEvent.objects.filter(organisation_id=case.organisation_id, verb__regex="^(case|decision)").order_by("pk")
        assert [event.verb for event in told] == DONE[case.state], case.organisation
        for event in told:
            assert (event.actor_id is None) == (event.verb == "case.examined")

    # Two officers decided, and never the same one twice.
    assert Proposal.objects.count() == 2
    assert not Proposal.objects.open().exists()
    assert {(p.proposed_by.name, p.outcome_by.name) for p in Proposal.objects.all() if p.outcome_by} == {
        ("Ana Marić", "Rui Duarte")
    }

    # One is verified and holds a key that answers.
    assert list(Entity.objects.values_list("organisation__name", flat=True)) == ["Nordlys Modelling AS"]
    assert list(Key.objects.values_list("organisation__name", "state")) == [("Nordlys Modelling AS", "active")]

    # One belongs by half to a holding of which a listed company owns half.
    holding = Interest.objects.get(organisation__name="Helios Compute FZE", owner__name="ROSOBORONEXPORT OAO")
    assert (holding.owned.name, holding.share) == ("Meridian Holding Ltd", "50")
    assert Interest.objects.get(owner=holding.owned).share == "50"
    assert Hit.objects.filter(party=holding.owner, score__gte="0.9").exists()
    verdicts = dict(
        Determination.objects.filter(regime="ofac-50", organisation=holding.organisation).values_list("party__name", "verdict")
    )
    assert {name for name, verdict in verdicts.items() if verdict == "yes"} == {"ROSOBORONEXPORT OAO", "Meridian Holding Ltd",
                                                                               "Helios Compute FZE"}  # fmt: skip

    # The cast can sign in, staff with a second factor; the customers' mail says what was decided.
    people = User.objects.filter(email__in=[person.email for person in CAST])
    assert sorted(people.values_list("name", "staff_role")) == sorted((person.name, person.role) for person in CAST)
    assert all(person.check_password(PASSWORD) for person in people)
    assert set(Authenticator.objects.values_list("user__staff_role", flat=True)) == {
        "analyst",
        "approver",
        "auditor",
        "administrator",
    }
    assert sorted(Message.objects.values_list("to", flat=True)) == ["ingrid@nordlys.example", "layla@ufuq.example"]

    # The gateway's credential works and is not what is stored.
    (credential,) = GatewayCredential.objects.all()
    assert gateway.startswith(credential.prefix)
    assert gateway not in json.dumps(list(GatewayCredential.objects.values()), default=str)

    # Names in other scripts stand as they are written.
    assert Party.objects.get(name="Lotus Inference Ltd").native_name == "莲花推理有限公司"

    before = counts()
    assert seed.run() == ""
    assert counts() == before


@pytest.mark.django_db
def test_nothing_is_written_past_the_apps_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("app",)


@pytest.mark.django_db
class TestTheCommand:
    def test_writes_the_credential_once_and_then_leaves_it(
        self, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.DATA_DIR = tmp_path
        answers = ["khgw_secret", ""]
        monkeypatch.setattr(seed, "run", lambda: answers.pop(0))
        call_command("seed_demo")
        call_command("seed_demo")
        assert (tmp_path / "demo-gateway").read_text() == "khgw_secret\n"
        out = capsys.readouterr().out
        assert out.count("Seeded the demo.") == 1
        assert "khgw_secret" not in out

    def test_the_credential_is_for_the_servers_own_user(
        self, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.DATA_DIR = tmp_path
        monkeypatch.setattr(seed, "run", lambda: "khgw_secret")
        call_command("seed_demo")
        assert (tmp_path / "demo-gateway").stat().st_mode & 0o077 == 0
