"""A politically exposed person is no refusal: it asks for the source of wealth."""

from pathlib import Path

import pytest

from accounts.models import User
from kyc.cases import examining
from kyc.cases.models import Case
from kyc.cases.obstacles import obstacles
from kyc.evidence import actions as evidence
from kyc.parties.models import Party
from kyc.risk.models import Factor
from kyc.screening import lists
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import finding, own

pytestmark = pytest.mark.django_db
MINISTER = "Vasilije Crnogorac"
LACKING = f"Politically exposed, and the source of wealth is not shown: {MINISTER}. Ask for it."


def listed_as(topics: str, folder: Path) -> None:
    """He is on a further list, for these reasons."""
    (folder / "peps.csv").write_text(f"id,kind,name,topics\nm1,person,{MINISTER},{topics}\n")
    lists.load("csv", primary=folder / "peps.csv", published=cast.PUBLISHED)


def ruled(nordlys: Founded, ana: User) -> Case:
    """He owns most of the customer, and is he."""
    own(nordlys, MINISTER, "60")
    own(nordlys, "Kari Moe", "40")
    case = scenes.examine(nordlys).case
    cast.ruled(Hit.objects.get(), ruling="true", reason="other_evidence", note="The register says so.", by=ana)
    examining.run()
    return case


def test_he_blocks_nothing_and_his_wealth_is_asked_for(
    nordlys: Founded, the_list: ListVersion, ana: User, tmp_path: Path
) -> None:
    listed_as("pep", tmp_path)
    case = ruled(nordlys, ana)
    assert Hit.objects.get().topics == ["pep"]
    assert obstacles(case) == [LACKING]
    examination = case.examinations.latest("pk")
    assert finding(examination, "ownership")[0] == "good" and finding(examination, "screening")[0] == "good"
    said = f"Politically exposed: {MINISTER}. Ask for the source of wealth; an approver decides."
    assert finding(examination, "exposure") == ("warn", said)
    assert not Factor.objects.filter(code="listed_party").exists()


def test_once_it_is_shown_nothing_is_in_the_way(nordlys: Founded, the_list: ListVersion, ana: User, tmp_path: Path) -> None:
    listed_as("pep", tmp_path)
    own(nordlys, MINISTER, "60")
    minister = Party.objects.get(name=MINISTER)
    evidence.upload(nordlys.organisation, kind="register_extract", file=cast.pdf(), by=nordlys.by)
    evidence.upload(nordlys.organisation, kind="wealth", file=cast.pdf(width=420), party=minister, by=nordlys.by)
    own(nordlys, "Kari Moe", "40")
    case = scenes.examine(nordlys).case
    cast.ruled(Hit.objects.get(), ruling="true", reason="other_evidence", note="The register says so.", by=ana)
    examining.run()
    assert obstacles(case) == []


@pytest.mark.parametrize("topics", ["crime", "export", "pep;sanction", "own"])
def test_listed_for_anything_else_he_stays_in_the_way(
    nordlys: Founded, the_list: ListVersion, ana: User, tmp_path: Path, topics: str
) -> None:
    listed_as(topics, tmp_path)
    found = obstacles(ruled(nordlys, ana))
    assert found[0] == "A party has been confirmed to be on a list." and LACKING not in found


def test_only_sanctions_block_what_he_owns(nordlys: Founded, the_list: ListVersion, ana: User, tmp_path: Path) -> None:
    listed_as("crime", tmp_path)
    assert finding(ruled(nordlys, ana).examinations.latest("pk"), "ownership")[0] == "good"
