"""What companies of a case claim to be left out of in FinCEN's rule on owners, and an officer's word on each claim."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc.cases.models import Case
from kyc.desk.forms import Choices, DeskForm
from kyc.desk.source_forms import UNCHOSEN, Choice, Day
from kyc.evidence import proofs
from kyc.evidence.models import Document, ExclusionRuling
from kyc.parties.actions import customer
from kyc.parties.models import Exclusion
from kyc.rules import packs
from kyc.rules.packs import Exclusion as Ground

R = ExclusionRuling.Ruling


class RuleForm(DeskForm):
    missing = {
        "ruling": gettext_lazy("Say whether it is verified."),
        "reason": gettext_lazy("Write what you found, for whoever reads it later."),
    }

    ruling = forms.ChoiceField(label=gettext_lazy("The claim"), choices=R.choices, widget=forms.RadioSelect)
    document = Choice(label=gettext_lazy("Shown by"), shown_with=f"ruling={R.VERIFIED}")
    valid_until = Day(
        label=gettext_lazy("To be relied on until"),
        shown_with=f"ruling={R.VERIFIED}",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The day on which the licence or listing ends, if that is sooner."),
        error_messages={"invalid": gettext_lazy("Write the day as 2026-11-30.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("What you found, and why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, row: Exclusion, papers: Iterable[Document], data: Any = None, **kwargs: Any) -> None:
        last = timezone.localdate() + timedelta(days=packs.current().exclusion_days)
        super().__init__(data, auto_id=f"exclusion_{row.pk}_%s", initial={"valid_until": last}, **kwargs)
        self.papers = {str(paper.pk): paper for paper in papers}
        named: Choices = [(pk, f"{paper.get_kind_display()}, {paper.name}") for pk, paper in self.papers.items()]
        self.fields["document"].choices = named if len(named) == 1 else [UNCHOSEN, *named]  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say

    def clean(self) -> dict[str, Any]:
        """As `judging.rule_exclusion` takes it."""
        data = super().clean() or {}
        if data.get("ruling") != R.VERIFIED:
            return data | {"document": None, "valid_until": None}
        return data | {"document": self.papers.get(data.get("document", ""))}


@dataclass(frozen=True)
class Row:
    """One claim, the word on it, and those before."""

    claim: Exclusion
    ground: Ground | None
    ruling: ExclusionRuling | None
    earlier: list[ExclusionRuling]
    papers: list[Document]
    form: RuleForm

    @property
    def title(self) -> str:
        return self.ground.title if self.ground else self.claim.ground

    @property
    def state(self) -> tuple[str, str]:
        """In words, with its tone."""
        ruling = self.ruling
        if ruling is None:
            return _("not verified, so not relied on"), "warn"
        if ruling.ruling == R.REJECTED or ruling.document is None or ruling.valid_until is None:
            return _("not accepted"), "bad"
        if ruling.document.removed_at:
            return _("was verified; the document has been taken back"), "warn"
        day = {"day": ruling.valid_until.strftime("%Y-%m-%d")}
        if ruling.valid_until < timezone.localdate():
            return _("was verified until %(day)s") % day, "warn"
        return _("verified until %(day)s") % day, "good"


def facts(case: Case, documents: Collection[Document], returned: tuple[int, RuleForm] | None) -> list[Row]:
    """Of all the claims, in as many queries whether few or many; `returned` is the form of one that came back with errors."""
    rows = list(live(case))
    if not rows:
        return []
    rulings: dict[int, list[ExclusionRuling]] = {}
    for ruling in ExclusionRuling.objects.filter(exclusion__in=rows).select_related("document", "ruled_by").order_by("-pk"):
        rulings.setdefault(ruling.exclusion_id, []).append(ruling)
    top = customer(case.organisation)
    known = {row.pk: proofs.papers_of(row.party, top, documents) for row in rows}
    return [shown(case, row, rulings.get(row.pk, []), known, returned) for row in rows]


def live(case: Case) -> Any:
    of_case = Exclusion.objects.live().filter(organisation=case.organisation, party__removed_on__isnull=True)
    return of_case.select_related("party", "claimed_by").order_by("party", "pk")


def shown(
    case: Case,
    row: Exclusion,
    rulings: list[ExclusionRuling],
    papers: Mapping[int, list[Document]],
    returned: tuple[int, RuleForm] | None,
) -> Row:
    given = returned[1] if returned and returned[0] == row.pk else None
    return Row(
        claim=row,
        ground=packs.current().exclusions.get(row.ground),
        ruling=next((one for one in rulings if one.superseded_at is None), None),
        earlier=[one for one in rulings if one.superseded_at is not None],
        papers=papers[row.pk],
        form=given or RuleForm(row, papers[row.pk], actions=(reverse("desk:exclusion", args=[case.pk, row.pk]),)),
    )
