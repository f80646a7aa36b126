from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Organisation
from kyc.keys.models import Key
from reports.facts.catalogue import REQUESTED
from reports.forms import PAPERS, RequestForm
from reports.pdf import SHEETS
from tests import cast
from tests.rows import one_of_each


@pytest.fixture
def organisation(db: None) -> Organisation:
    return cast.having_sent(
        Organisation.objects.create(name="Nordlys Modelling AS"), by=cast.customer("form@nordlys.example", "Form")
    )


def form(organisation: Organisation, /, **values: str) -> RequestForm:
    return RequestForm({"kind": "R-03", "organisation": str(organisation.pk), "as_of": "", "known_at": "", **values})


def test_the_papers_to_choose_from_are_those_that_there_are() -> None:
    assert [name for name, _label in PAPERS] == [*SHEETS]


class TestGroups:
    def test_each_field_stands_once_and_with_the_kinds_that_ask_for_it(self, db: None) -> None:
        asked = RequestForm()
        told = {field.name: group["kinds"] for group in asked.groups() for field in group["fields"]}
        assert told == {"profile": "R-03 R-04 R-07", "key": "R-06", "since": "R-06", "tables": "R-03 R-06"}
        shown = [*told, *(field.name for field in asked.common())]
        assert sorted(shown) == sorted(asked.fields)

    def test_the_style_sheet_knows_each_kind(self) -> None:
        sheet = Path(settings.BASE_DIR, "static/css/controls.css").read_text()
        for kind in REQUESTED:
            assert f'[value="{kind}"]:checked) .of-kind:not(.wrong, [data-kinds~="{kind}"])' in sheet

    def test_where_something_is_wrong_the_field_is_not_hidden(self, organisation: Organisation) -> None:
        wrong = form(organisation, since="2026-01-01")
        assert not wrong.is_valid()
        assert [group["is_wrong"] for group in wrong.groups()] == [False, True, False]


class TestRequestForm:
    def test_two_of_one_name_are_told_apart(self, organisation: Organisation) -> None:
        other = cast.having_sent(Organisation.objects.create(name="Nordlys Modelling AS"), by=cast.staff("analyst"))
        page = str(RequestForm()["organisation"])
        for one in (organisation, other):
            assert f">Nordlys Modelling AS ({one.pk})</option>" in page

    def test_empty_means_now(self, organisation: Organisation) -> None:
        asked = form(organisation)
        assert asked.is_valid()
        assert asked.values() == {
            **{"addressee": ""},
            **{"kind": "R-03", "valid_at": None, "known_at": None, "since": None, "key": None, "profile": ""},
            **{"paper": "", "tables": ""},
        }

    def test_a_day_means_its_end_in_utc(self, organisation: Organisation) -> None:
        asked = form(organisation, as_of="2026-03-31")
        assert asked.is_valid()
        assert asked.values()["valid_at"] == datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)

    def test_today_means_now_because_its_end_has_not_come(self, organisation: Organisation) -> None:
        asked = form(organisation, as_of=f"{timezone.now():%Y-%m-%d}")
        assert asked.is_valid()
        assert timezone.now() - timedelta(seconds=5) < asked.values()["valid_at"] <= timezone.now()

    @pytest.mark.parametrize("text", ["2026-03-31T12:30:15", "2026-03-31 12:30:15"])
    def test_known_at_is_the_end_of_a_second_in_utc(self, organisation: Organisation, text: str) -> None:
        asked = form(organisation, known_at=text)
        assert asked.is_valid()
        assert asked.values()["known_at"] == datetime(2026, 3, 31, 12, 30, 15, 999_999, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"organisation": ""}, "organisation"),
            ({"organisation": "999999"}, "organisation"),
            ({"organisation": "x"}, "organisation"),
            ({"kind": "R-99"}, "kind"),
            ({"since": "2026-01-01"}, "since"),
            ({"kind": "R-06", "since": "soon"}, "since"),
            ({"kind": "R-06", "key": "kh_live_000000000000"}, "key"),
            ({"kind": "R-06", "key": "kh_live_" + "a" * 58}, "key"),
            ({"paper": "A5"}, "paper"),
            ({"tables": "none"}, "tables"),
            ({"kind": "R-04", "tables": "summary"}, "tables"),
            ({"as_of": "31.02.2026"}, "as_of"),
            ({"as_of": "9999-12-31"}, "as_of"),
            ({"known_at": "yesterday"}, "known_at"),
        ],
    )
    def test_bad_input_is_explained_beside_its_field(
        self, organisation: Organisation, values: dict[str, str], field: str
    ) -> None:
        asked = form(organisation, **values)
        assert not asked.is_valid()
        assert list(asked.errors) == [field]
        assert asked.errors[field][0].endswith(".")

    def test_neither_a_sandbox_is_offered_nor_who_has_never_sent_a_case(self, organisation: Organisation) -> None:
        sandbox = Organisation.objects.create(name="Try-out", sandbox="approved")
        asked = form(sandbox)
        assert list(asked.errors) == ["organisation"]
        assert list(form(Organisation.objects.create(name="Never sent")).errors) == ["organisation"]
        assert [str(row) for row in asked.fields["organisation"].queryset] == ["Nordlys Modelling AS"]

    def test_a_whole_key_is_refused_and_not_shown_again(self, organisation: Organisation) -> None:
        whole = "kh_live_" + "a" * 58
        asked = form(organisation, kind="R-06", key=f" see {whole}")
        assert "kept nowhere" in asked.errors["key"][0]
        assert whole not in str(asked)


@pytest.mark.django_db
class TestKeyOfTheForm:
    @pytest.fixture
    def key(self) -> Key:
        return one_of_each(cast.customer())[Key]

    @pytest.mark.parametrize("ending", ["", "…1234", "...1234"])
    def test_it_is_named_by_how_it_begins(self, key: Key, ending: str) -> None:
        asked = form(key.organisation, kind="R-06", key=key.prefix + ending)
        assert asked.is_valid(), asked.errors
        assert asked.values()["key"] == key
        assert asked.keys == [key]

    def test_one_of_another_organisation_is_as_one_that_is_not_there(self, key: Key, organisation: Organisation) -> None:
        answers = [form(organisation, kind="R-06", key=text).errors["key"] for text in (key.prefix, "kh_live_000000000000")]
        assert answers[0] == answers[1] == ["This organisation has no such key."]

    def test_it_belongs_to_an_attribution_report(self, key: Key) -> None:
        asked = form(key.organisation, key=key.prefix)
        assert asked.errors == {"key": ["This belongs to an attribution report. Choose that, or leave this empty."]}
