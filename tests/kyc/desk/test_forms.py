"""What the desk's forms say of what is missing, and what of them a choice calls for."""

import re
from collections.abc import Callable

import pytest
from django import forms as django_forms
from django.template.loader import render_to_string

from kyc.cases.models import Case
from kyc.desk import forms
from kyc.screening.models import Hit

Make = Callable[[Case, Hit], django_forms.Form]
DJANGOS_OWN = ("This field is required", "Select a valid choice", "Ensure this value")
FORMS: dict[str, Make] = {
    "proposal": lambda case, hit: forms.ProposalForm({}),
    "send back": lambda case, hit: forms.SendBackForm({}),
    "ruling": lambda case, hit: forms.RulingForm(hit, {}),
    "overturn": lambda case, hit: forms.OverturnForm(hit, {}),
    "owner": lambda case, hit: forms.OwnerForm({"to": "999999"}),
    "hold": lambda case, hit: forms.HoldForm(case.organisation, {}),
    "lift": lambda case, hit: forms.LiftForm(1, {}),
    "look": lambda case, hit: forms.LookForm({}),
    "customer look": lambda case, hit: forms.CustomerLookForm({}),
}


def drawn(form: django_forms.Form) -> str:
    return render_to_string("components/form.html", {"form": form})


class TestSentences:
    @pytest.mark.parametrize("form", FORMS)
    def test_are_our_own_beside_every_field(self, case: Case, hit: Hit, form: str) -> None:
        filled = FORMS[form](case, hit)
        assert not filled.is_valid()
        told = drawn(filled)
        assert not [words for words in DJANGOS_OWN if words in told]
        required = {name for name, field in filled.fields.items() if field.required}
        assert required <= filled.errors.keys()

    def test_every_form_of_the_desk_is_looked_at(self) -> None:
        kinds = [kind for kind in vars(forms).values() if isinstance(kind, type) and issubclass(kind, forms.DeskForm)]
        assert {kind.__name__ for kind in kinds} - {"DeskForm", "PassingOver", "OutcomeForm", "SecondForm", "DoubtForm"} == {
            "ProposalForm", "SendBackForm", "RulingForm", "OverturnForm", "OwnerForm", "HoldForm", "LiftForm",
            "LookForm", "CustomerLookForm",
        }  # fmt: skip


class TestConditional:
    @pytest.mark.parametrize(
        ("form", "needed"),
        [
            ("proposal", "Needed to ask for more"),
            ("ruling", "Needed where other evidence decides"),
        ],
    )
    def test_what_one_choice_needs_is_not_called_optional_and_says_when(
        self, case: Case, hit: Hit, form: str, needed: str
    ) -> None:
        told = drawn(FORMS[form](case, hit))
        assert "(optional)" not in told
        assert needed in told

    def test_neither_is_the_note_of_an_outcome(self) -> None:
        told = drawn(forms.OutcomeForm())
        assert "(optional)" not in told
        assert "Needed to send it back" in told

    def test_the_sentence_for_the_customer_goes_with_asking(self) -> None:
        assert 'data-with="choice=ask"' in drawn(forms.ProposalForm())

    @pytest.mark.parametrize(("form", "field"), [("proposal", "choice"), ("ruling", "ruling")])
    def test_groups_of_reasons_are_called_as_the_choices(self, case: Case, hit: Hit, form: str, field: str) -> None:
        """By this the script finds the group of what was chosen."""
        filled = FORMS[form](case, hit)
        told = drawn(filled)
        assert f'data-groups-of="{field}"' in told
        labels = re.findall(r'<optgroup label="([^"]+)"', told)
        assert labels == [str(label) for value, label in filled.fields[field].choices if value]
