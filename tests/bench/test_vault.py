"""What sealing costs: a value written and read, and whole pages, beside the same with nothing sealed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from accounts import snapshots
from accounts.vault import subjects
from accounts.vault.fields import Ciphertext
from kyc.cases.models import Case
from kyc.parties.models import Party
from kyc.rules import packs
from reports.facts.dossier import DOSSIER
from tests import cast, figures
from tests.bench.timing import side_by_side, told

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
PEOPLE = 30
ROUNDS = 100


@contextmanager
def in_clear() -> Iterator[None]:
    """As if nothing were sealed: boxes open to what they hold without a key, and are made of what they are given."""
    known: dict[str, str] = IN_CLEAR

    def opened(self: Ciphertext, place: str) -> str:
        return known[self.text]

    with patch.object(Ciphertext, "opened", opened):
        yield


IN_CLEAR: dict[str, str] = {}


def learnt() -> None:
    """What each box holds, read once."""
    events: Any = Party.pgh_event_model  # type: ignore[attr-defined]  # pghistory adds it
    for row in [*Party.objects.all(), *events.objects.all()]:
        for name in ("registration_number", "birth_date", "address", "registered_address", "phone", "tax_number"):
            plain = getattr(row, name)
            if isinstance(held := row.__dict__[name], Ciphertext):
                IN_CLEAR[held.text] = plain


def clear(work: Callable[[], object]) -> Callable[[], None]:
    def do() -> None:
        with in_clear():
            work()

    return do


def cold(work: Callable[[], object]) -> Callable[[], None]:
    def do() -> None:
        subjects.cache.forget()
        work()

    return do


class TestVault:
    def test_pages_and_reports_beside_the_same_in_clear(self) -> None:
        found = cast.submitted(cast.customer())
        Party.objects.bulk_create(
            Party(
                organisation=found.organisation, kind="person", name=f"P {n}", country="NO", birth_date="1980-01-01",
                address="Strandgata 12", phone=f"+47000000{n}",
            )
            for n in range(PEOPLE)
        )  # fmt: skip
        case = Case.objects.get(organisation=found.organisation)
        Case.objects.filter(pk=case.pk).update(state=Case.State.REVIEW)
        snapshot = snapshots.take()
        learnt()
        client = cast.signed_in(cast.staff("analyst"))

        def page() -> None:
            assert client.get(f"/desk/cases/{case.pk}/?tab=people").status_code == 200

        def dossier() -> None:
            build = DOSSIER.build(
                organisation=found.organisation.pk, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current()
            )
            assert list(build)

        for name, work in {"case page": page, "dossier": dossier}.items():
            works = {"in clear": clear(work), "sealed": work, "sealed, keys not yet unwrapped": cold(work)}
            told_of = told(side_by_side(works, rounds=ROUNDS, warm_up=5), beside="in clear")
            figures.keep(f"vault-{'-'.join(name.split())}", seeds=[], figures={"people": PEOPLE, **told_of})
            assert set(told_of) == set(works)

    def test_one_value(self) -> None:
        found = cast.founded(cast.customer())
        row = Party.objects.get(pk=found.controller.pk)
        key = subjects.reading(subjects.writing(row.sealed_for)[0].pk).key or b""
        sealed = Ciphertext.of("1984-03-17", key, 1, "x")

        works = {
            "nothing": lambda: None,
            "seal": lambda: Ciphertext.of("1984-03-17", key, 1, "x"),
            "open": lambda: Ciphertext(row.__dict__["birth_date"].text).open(Party._meta.get_field("birth_date").place(row)),
        }
        assert sealed.plain == "1984-03-17"
        told_of = told(side_by_side(works, rounds=2000), beside="seal")
        figures.keep("vault-one-value", seeds=[], figures=told_of)
        assert set(told_of) == set(works)
