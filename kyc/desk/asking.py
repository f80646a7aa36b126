"""What an officer asks of a customer, row by row. Rows left empty are none; more of them are a press away, without script too."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import resume
from kyc.cases import items
from kyc.cases.actions import parties_of
from kyc.cases.models import Case, Decision, Examination
from kyc.cases.round import told_apart
from kyc.desk import deciding
from kyc.desk.forms import Choices, DeskForm, ProposalForm
from kyc.ownership.models import Determination
from kyc.parties import profiles
from kyc.parties.models import Party

AT_FIRST, MORE, MOST = 2, 2, 20
ROW = re.compile(r"item(\d{1,2})-what", re.ASCII)
KEY = re.compile(r"(\d{1,18})\.(\d{1,3})", re.ASCII)
Data = Mapping[str, Any]


def offered() -> Choices:
    papers = [(code, item.label) for code, item in items.ITEMS.items() if item.documents]
    pages = [(code, item.label) for code, item in items.ITEMS.items() if not item.documents]
    return [("", gettext_lazy("Choose…")), (gettext_lazy("Documents"), papers), (gettext_lazy("What they told us"), pages)]


@dataclass(frozen=True)
class Of:
    """Of whom it is asked."""

    parties: Mapping[int, Party]
    customer_class: str


class ItemForm(DeskForm):
    """One row."""

    what = forms.ChoiceField(label=gettext_lazy("What"), choices=offered, required=False)
    party = forms.ChoiceField(label=gettext_lazy("Whose"), required=False)
    why = forms.ChoiceField(
        label=gettext_lazy("Why"), choices=[("", gettext_lazy("Choose…")), *items.REASONS.items()], required=False
    )
    words = forms.CharField(label=gettext_lazy("In your own words"), max_length=items.LONGEST, required=False)

    def __init__(self, number: int, of: Of, data: Data | None = None, **kwargs: Any) -> None:
        super().__init__(data, prefix=f"item{number}", **kwargs)
        self.number, self.of = number + 1, of
        names = told_apart(of.parties.values())
        self.fields["party"].choices = [  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
            ("", _("nobody in particular")),
            *((str(pk), name) for pk, name in names.items()),
        ]
        for field in self.fields.values():
            # Called needed or optional, each would be wrong: a row is filled in or left empty.
            field.is_conditional = True  # type: ignore[attr-defined]  # read by components/field.html
        self.fields["words"].is_conditional = False  # type: ignore[attr-defined]  # as above

    @property
    def is_empty(self) -> bool:
        return not any(str(self[name].value() or "").strip() for name in self.fields)

    @property
    def typed(self) -> str:
        """All that stands in the row, in words."""
        labels = {str(code): label for field in ("party", "why") for code, label in self.fields[field].choices}  # type: ignore[attr-defined]
        labels |= {code: item.label for code, item in items.ITEMS.items()}
        given = [str(self[name].value() or "").strip() for name in self.fields]
        return " · ".join(str(labels.get(value, value)) for value in given if value)

    def clean(self) -> dict[str, Any]:
        """As kyc.cases.items takes it."""
        data = super().clean() or {}
        if self.is_empty:
            return data
        party = self.of.parties.get(int(data["party"])) if data.get("party") else None
        what, why = data.get("what"), data.get("why")
        if "what" in data and not what:
            self.add_error("what", _("Choose what you ask for, or empty the row."))
        if "why" in data and not why:
            self.add_error("why", _("Say why you ask for it."))
        if what and "party" in data and (wrong := items.misplaced(what, party, self.of.customer_class)):
            self.add_error("party", wrong)
        return data | {"party": party.pk if party else None}


class Rows:
    """The rows as they came, or some empty ones; with `more`, as they came and unjudged, and further ones behind them."""

    def __init__(
        self,
        of: Of,
        data: Data | None = None,
        *,
        more: bool = False,
        actions: tuple[str, ...] = (),
        offered: Sequence[Data] = (),
    ) -> None:
        """`offered` are rows to begin with."""
        names = data if data is not None else resume.typed_into(*actions) if actions else ()
        there = max((int(found[1]) + 1 for name in names if (found := ROW.fullmatch(name))), default=0)
        count = min(MOST, max(there + (MORE if more else 0), AT_FIRST, len(offered)))
        empty: list[Data] = [{}] * count
        given = [*offered, *empty][:count] if data is None else [row_of(data, number) for number in range(count)]
        bound = None if more else data
        self.forms = [ItemForm(number, of, bound, initial=row, actions=actions) for number, row in enumerate(given)]
        self.is_full = count == MOST
        if more and there < count:
            self.forms[there].fields["what"].widget.attrs["autofocus"] = True

    @property
    def filled(self) -> list[ItemForm]:
        return [form for form in self.forms if not form.is_empty]

    def is_valid(self) -> bool:
        self.refuse_twice()
        return all([form.is_valid() for form in self.filled])

    def refuse_twice(self) -> None:
        seen = set()
        for form in self.filled:
            if form.is_valid():
                row = (form.cleaned_data["what"], form.cleaned_data["party"])
                if row in seen:
                    form.add_error("what", _("You ask for this twice."))
                seen.add(row)

    def named(self) -> list[dict[str, Any]]:
        return [form.cleaned_data for form in self.filled]


def row_of(data: Data, number: int) -> dict[str, Any]:
    return {name: data.get(f"item{number}-{name}", "") for name in ItemForm.base_fields}


def of_questions(case: Case, keys: str) -> list[Data]:
    """Rows that ask for what would decide what the newest checks left open, as kyc.desk.regimes has their keys, between commas.
    A key that finds nothing is none."""
    wanted = [(int(found[1]), int(found[2])) for key in keys.split(",")[:MOST] if (found := KEY.fullmatch(key))]
    latest = case.examinations.filter(state=Examination.State.DONE).order_by("-pk").first()
    open_ones = Determination.objects.filter(examination_id=latest.pk if latest else None).in_bulk([pk for pk, _number in wanted])
    asked = [open_ones[pk].questions[n] for pk, n in wanted if pk in open_ones and n < len(open_ones[pk].questions)]
    of = Of(parties_of(case), profiles.customer_class(case.organisation))
    return [row_for(question, of) for question in asked]


def row_for(question: Mapping[str, Any], of: Of) -> Data:
    """On the page of the owners of whom it is; what is of the customer itself, on the page of its details."""
    party = of.parties.get(question["party"] or 0)
    what = "owners" if party else "details"
    whose = party.pk if party and not items.misplaced(what, party, of.customer_class) else ""
    return {"what": what, "party": whose, "why": "incomplete", "words": question["text"]}


def form(
    case: Case,
    data: Data | None = None,
    *,
    more: bool = False,
    unseen: Sequence[str] = (),
    questions: Sequence[Data] = (),
) -> ProposalForm:
    """The proposal with its rows; with `more`, what was typed comes back unjudged and there is more room. `unseen` is what an
    approval would pass over; `questions` are rows to begin with, for which more is asked."""
    # Only while it can be sent; later the page shows no such form.
    actions = (reverse("desk:propose", args=[case.pk]),) if data is None and case.state == Case.State.REVIEW else ()
    of = Of(parties_of(case), profiles.customer_class(case.organisation))
    rows = Rows(of, data, more=more, actions=() if questions else actions, offered=questions)
    owners = deciding.fields(case)
    if more and data is not None:
        typed = {name: data.get(name, "") for name in (*ProposalForm.base_fields, *owners)}
        return ProposalForm(initial=typed, rows=rows, unseen=unseen, owners=owners)
    if questions:
        of_papers = all(items.ITEMS[row["what"]].documents for row in questions)
        begun = {"choice": Decision.Choice.ASK.value, "reason": "document_unreadable" if of_papers else "ownership_unclear"}
        return ProposalForm(initial=begun, rows=rows, unseen=unseen, owners=owners)
    return ProposalForm(data, rows=rows, actions=actions, unseen=unseen, owners=owners)


def told(case: Case, asked: list[dict[str, Any]]) -> list[str]:
    """What the customer will read of each item, word for word."""
    parties = parties_of(case)
    return [items.sentence(item, parties) for item in asked]
