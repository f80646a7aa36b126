"""Every page an officer opens draws, on a case that was really examined."""

from pathlib import Path

import pytest

from kyc.cases import examining
from tests import cast

TABS = ("summary", "people", "documents", "screening", "risk", "keys", "timeline")


@pytest.mark.django_db
def test_the_desk_draws_every_tab_of_an_examined_case(tmp_path: Path) -> None:
    cast.load_list(tmp_path)
    found = cast.submitted(cast.customer())
    examining.run()
    ana = cast.signed_in(cast.staff("analyst", "Ana"))
    case = found.organisation.case_set.get()
    assert "Nordlys Modelling AS" in ana.get("/desk/cases/").content.decode()
    for tab in TABS:
        answer = ana.get(f"/desk/cases/{case.pk}/?tab={tab}")
        assert answer.status_code == 200
        assert "Nordlys Modelling AS" in answer.content.decode()
    for path in ("/reports/", "/reports/request/"):
        assert ana.get(path).status_code == 200
