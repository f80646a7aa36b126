"""The source of wealth that is asked for by rule: what was sent to show it, and an officer's word on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from kyc.cases import exposed
from kyc.cases.models import Case, Requirement
from kyc.desk.forms import Choices, DeskForm
from kyc.desk.source_forms import UNCHOSEN
from kyc.evidence.models import Document
from kyc.rules import packs

RELATED = ("party", "document__party", "accepted_by", "case")


class AcceptForm(DeskForm):
    missing = {
        "document": gettext_lazy("Choose the document that you read."),
        "note": gettext_lazy("Write what the document shows: where the wealth comes from."),
    }

    document = forms.ChoiceField(label=gettext_lazy("Document"))
    note = forms.CharField(
        label=gettext_lazy("What it shows"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Where the wealth comes from, and whether that fits what is known of whom it is asked of."),
    )

    def __init__(self, row: Requirement, papers: Iterable[Document], data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"accept_{row.pk}_%s", **kwargs)
        self.papers = {str(paper.pk): paper for paper in papers}
        named: Choices = [(pk, paper.name) for pk, paper in self.papers.items()]
        self.fields["document"].choices = named if len(named) == 1 else [UNCHOSEN, *named]  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say

    def clean(self) -> dict[str, Any]:
        """As `judging.accept` takes it."""
        data = super().clean() or {}
        return data | {"document": self.papers.get(data.get("document", ""))}


@dataclass(frozen=True)
class Row:
    """One party of whom it is asked, or of whom it was accepted in an earlier case and still counts; with a form where something
    was sent and nobody has accepted it, and with what was accepted `before`, which counts no more."""

    requirement: Requirement
    form: AcceptForm | None
    before: Requirement | None = None
    is_earlier: bool = False


def facts(case: Case, returned: tuple[int, AcceptForm] | None) -> list[Row]:
    """Of all of them, in as many queries whether few or many; `returned` is the form of one that came back with errors."""
    asked = list(asked_in(case).select_related(*RELATED).order_by("pk"))
    papers, before = exposed.papers_of(asked), earlier(case)
    still = (
        set(exposed.accepted().filter(pk__in=[row.pk for row in before.values()]).values_list("pk", flat=True)) if before else ()
    )
    parties = {row.party_id for row in asked}
    kept = [row for party, row in before.items() if row.pk in still and party not in parties]
    rows = [Row(row, form(case, row, papers[row.pk], returned), before.get(row.party_id)) for row in asked]
    return [*rows, *(Row(row, None, is_earlier=True) for row in kept)]


def earlier(case: Case) -> dict[int | None, Requirement]:
    """What was accepted last in an earlier case, by the party."""
    rows = Requirement.objects.by_rule().filter(organisation=case.organisation_id, case__lt=case.pk, accepted_at__isnull=False)
    return {row.party_id: row for row in rows.filter(party__removed_on=None).select_related(*RELATED).order_by("pk")}


def basis() -> dict[str, Any]:
    """By what it is asked, each with its status today."""
    found = packs.current().exposure_bases(on=timezone.localdate())
    return {"wealth_bases": found, "wealth_is_law": any(one["status"] == "in_force" for one in found)}


def form(case: Case, row: Requirement, papers: list[Document], returned: tuple[int, AcceptForm] | None) -> AcceptForm | None:
    if returned and returned[0] == row.pk:
        return returned[1]
    if row.accepted_at or not papers:
        return None
    return AcceptForm(row, papers, actions=(reverse("desk:wealth", args=[case.pk, row.pk]),))


def asked_in(case: Case) -> Any:
    return Requirement.objects.by_rule().filter(case=case, withdrawn_at=None, party__removed_on=None)
