"""Who is a beneficial owner, where an officer proposes an approval and where it is read afterwards."""

import re
from datetime import date

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc.cases.models import Case, DecidedOwner
from kyc.desk import deciding
from kyc.ownership.models import Determination
from kyc.parties.models import Party
from kyc.screening.models import ListVersion

pytestmark = pytest.mark.django_db
REASON = "The register says otherwise."
APPROVAL = {"choice": "approve", "reason": "identity_established", "note": "All agrees.", "unseen": "on"}


@pytest.fixture
def kari(case: Case) -> Party:
    return Party.objects.create(organisation=case.organisation, kind="person", name="Kari Moe", country="NO")


@pytest.fixture(autouse=True)
def determined(case: Case, person: Party, kari: Party) -> None:
    """Whoever owns it owns 60 per cent by the newest checks; Kari is nobody's owner."""
    version = ListVersion.objects.create(
        source="ofac-sdn", published=date(2024, 5, 2), sha256="0" * 64, entries_count=1, is_active=True
    )
    lists = [{"id": version.pk, "source": "ofac-sdn", "published": "2024-05-02"}]
    case.examinations.update(lists=lists, requested_at=timezone.now(), done_at=timezone.now())
    for regime, verdict in (("iaas-cip", "yes"), ("eu-amlr", "indeterminate"), ("ofac-50", "yes")):
        Determination.objects.create(
            organisation=case.organisation, party=person, regime=regime, verdict=verdict, share_min="3/5", share_max="3/5",
            rule_pack="2026.11", examination_id=case.examinations.get().pk,
        )  # fmt: skip


def page(client: Client, case: Case) -> HttpResponse:
    return client.get(f"/desk/cases/{case.pk}/")  # type: ignore[return-value]  # the client's


def words(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def propose(client: Client, case: Case, **typed: str) -> HttpResponse:
    return client.post(reverse("desk:propose", args=[case.pk]), APPROVAL | typed, follow=True)  # type: ignore[return-value]  # as above


def test_the_form_is_preset_from_what_was_determined(as_ana: Client, case: Case, person: Party, kari: Party) -> None:
    fields = page(as_ana, case).context["proposal_form"].fields
    found = fields[f"owner_{person.pk}"]
    assert (found.label, found.required) == (person.name, False)
    assert [value for value, _label in found.choices] == ["", "no"]
    assert found.choices[0][1] == "Beneficial owner: EU 60 %, IaaS 60 %"
    assert fields["also"].choices == [("", "Nobody"), (str(kari.pk), "Kari Moe")]


def test_left_as_it_is_it_is_decided_so_and_both_read_it(as_ana: Client, as_rui: Client, case: Case, person: Party) -> None:
    propose(as_ana, case)
    [row] = DecidedOwner.objects.all()
    assert (row.party, row.standing, len(row.rests_on)) == (person, "owner", 2)
    assert f"{person.name} : Beneficial owner (EU 60 %, IaaS 60 %)" in words(page(as_rui, case))
    as_rui.post(reverse("desk:take", args=[case.pk]), {"decision": row.decision_id, "note": "", "unseen": "on"})
    told = words(page(as_ana, case))
    assert Case.objects.get(pk=case.pk).state == "approved"
    assert f"{person.name} : Beneficial owner (EU 60 %, IaaS 60 %)" in told and "taken by Rui Duarte" in told


def test_who_departs_says_why_and_loses_nothing_he_chose(as_ana: Client, as_rui: Client, case: Case, person: Party) -> None:
    field = f"owner_{person.pk}"
    refused = propose(as_ana, case, **{field: "no"})
    assert "Say why you depart from what was determined." in words(refused)
    assert refused.context["proposal_form"][field].value() == "no"
    assert not DecidedOwner.objects.exists()
    propose(as_ana, case, **{field: "no"}, owners_because=REASON)
    assert f"{person.name} : No beneficial owner not as determined {REASON}" in words(page(as_rui, case))


def test_another_person_is_one_all_the_same(as_ana: Client, as_rui: Client, case: Case, kari: Party) -> None:
    propose(as_ana, case, also=str(kari.pk), owners_because=REASON)
    assert f"Kari Moe : Beneficial owner not as determined {REASON}" in words(page(as_rui, case))


@pytest.mark.parametrize("typed", [{"also": "0"}, {"also": "x"}, {"owner": "maybe"}])
def test_what_is_no_choice_is_refused(as_ana: Client, case: Case, person: Party, typed: dict[str, str]) -> None:
    sent = {f"owner_{person.pk}" if name == "owner" else name: value for name, value in typed.items()}
    assert "Choose one from the list." in words(propose(as_ana, case, **sent))
    assert not DecidedOwner.objects.exists()


def test_with_another_proposal_nothing_of_it_is_kept(as_ana: Client, case: Case) -> None:
    propose(as_ana, case, choice="refuse", reason="identity_doubtful", owners_because=REASON)
    assert Case.objects.get(pk=case.pk).state == "proposed"
    assert not DecidedOwner.objects.exists()


def test_who_is_an_owner_without_a_share_is_not_told_to_have_nought_per_cent() -> None:
    by_office = Determination(regime="iaas-cip", share_min="0", share_max="0")
    assert deciding.told([by_office, Determination(regime="eu-amlr", share_min="0", share_max="1/2")]) == "IaaS, EU 0 to 50 %"
