"""A sandbox by one command: what an integrator gets, and the sentence where he gets none."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Organisation, User
from kyc.cases.models import Case
from kyc.keys.introspection import introspect
from kyc.keys.models import Key
from tests import cast
from tests.cast import customer, staff

pytestmark = pytest.mark.django_db
OWNER = "pia@mesh.example"


@pytest.fixture
def pia() -> User:
    return customer(OWNER, "Pia")


def run(*arguments: str) -> tuple[str, str]:
    """What stands on standard output, and what on standard error."""
    out, err = StringIO(), StringIO()
    call_command("add_sandbox", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as ended:
        run(*arguments)
    assert ended.value.returncode == 2
    return str(ended.value)


class TestAddSandbox:
    def test_makes_one_that_its_owner_fills_in(self, pia: User) -> None:
        out, err = run("Mesh tests", "--owner", OWNER.upper(), "--outcome", "waiting")
        made = Organisation.objects.get(sandbox="waiting", membership__user=pia)
        assert (out, err) == ("", f"Made the sandbox “Mesh tests”, organisation {made.pk}.\n")
        assert not Case.objects.exists()
        event = AuditEvent.objects.get(verb="organisation.sandbox_made")
        assert event.actor_id is None and event.details["operator"]

    @pytest.mark.parametrize(
        ("outcome", "state", "key"),
        [
            ("approved", "approved", "active"),
            ("refused", "refused", ""),
        ],
    )
    def test_filled_it_is_decided_at_once_and_prints_a_key_where_it_is_approved(
        self, pia: User, outcome: str, state: str, key: str
    ) -> None:
        out, err = run("Mesh tests", "--owner", OWNER, "--outcome", outcome, "--filled")
        assert Case.objects.get(organisation__sandbox=outcome).state == state
        assert f"{Case(state=state).get_state_display()}." in err
        assert list(Key.objects.values_list("state", flat=True)) == ([key] if key else [])
        assert out.startswith("kh_test_") and out.count("\n") == 1 if key else out == ""
        assert introspect(out.strip(), for_test=True)["active"] == (key == "active")
        assert ("good to gateways for test alone" in err) == bool(key)

    @pytest.mark.parametrize(
        ("name", "owner", "outcome", "sentence"),
        [
            ("x", OWNER, "rich", "Choose one of: approved, waiting, refused, held."),
            (
                "x",
                "nobody@x.example",
                "held",
                "Nobody signs in as nobody@x.example. Whoever will act in the sandbox signs up first.",
            ),
            (" ", OWNER, "held", "Say what the sandbox is called."),
            ("x", "analyst@keyholder.example", "held", "Staff examine customers and cannot be one."),
        ],
    )
    def test_says_what_is_wrong_and_makes_nothing(self, pia: User, name: str, owner: str, outcome: str, sentence: str) -> None:
        staff("analyst")
        assert refused(name, "--owner", owner, "--outcome", outcome) == sentence
        assert not Organisation.objects.exists()

    def test_refuses_an_owner_who_would_never_see_it(self, pia: User) -> None:
        cast.founded(pia, name="Mesh AB")
        sentence = refused("x", "--owner", OWNER, "--outcome", "held", "--filled")
        assert sentence == f"{OWNER} acts in “Mesh AB” already. Give the sandbox an owner of its own."
        assert not Organisation.objects.exclude(sandbox="").exists()
