"""What of a case's parties was confirmed, by more than their own word, what is under way, and what an officer may confirm."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc.cases.models import Case
from kyc.desk.forms import Choices, DeskForm
from kyc.desk.source_forms import UNCHOSEN
from kyc.evidence import confirmations, lei_checks, proofs
from kyc.evidence.confirmation_models import Confirmation, DomainChallenge, OutsideCheck
from kyc.evidence.confirmations import BY_PAPER
from kyc.evidence.models import Document
from kyc.parties.actions import customer
from kyc.parties.models import Party, PaymentMeans
from kyc.parties.wording import is_same_person

W, H = Confirmation.What, Confirmation.How


class PaperForm(DeskForm):
    missing = {
        "way": gettext_lazy("Say what is confirmed, and by what."),
        "document": gettext_lazy("Choose the document."),
        "issuer": gettext_lazy("Say who issued it: the register, the bank, the notary."),
        "number": gettext_lazy("Write what the paper says, word for word."),
    }

    way = forms.ChoiceField(label=gettext_lazy("What is confirmed"))
    document = forms.ChoiceField(label=gettext_lazy("Document"))
    issuer = forms.CharField(label=gettext_lazy("Issued by"), max_length=200)
    dated = forms.DateField(
        label=gettext_lazy("Dated"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Write the day as 2026-11-30.")},
    )
    number = forms.CharField(
        label=gettext_lazy("What it says"),
        max_length=500,
        help_text=gettext_lazy("The number, the address or the date of birth (1990-05-01), as the paper has it."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, party: Party, papers: Collection[Document], data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"confirm_{party.pk}_%s", **kwargs)
        self.papers = {str(paper.pk): paper for paper in papers}
        named: Choices = [(pk, f"{paper.get_kind_display()}, {paper.name}") for pk, paper in self.papers.items()]
        self.fields["document"].choices = [UNCHOSEN, *named]  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
        self.fields["way"].choices = [UNCHOSEN, *ways(party)]  # type: ignore[attr-defined]  # the same

    def clean(self) -> dict[str, Any]:
        """As `confirmations.by_paper` takes it."""
        data = super().clean() or {}
        how, _colon, what = data.pop("way", "").partition(":")
        return data | {"how": how, "what": what, "document": self.papers.get(data.get("document", ""))}


def ways(party: Party) -> Choices:
    """What the party says of itself, by each kind of paper that shows it."""
    said = confirmations.said(party)
    return [
        (f"{how}:{what}", f"{W(what).label} {H(how).label}")
        for how, (whats, _kinds) in BY_PAPER.items()
        for what in whats
        if what in said
    ]


class ReasonForm(DeskForm):
    """Why a confirmation is taken back."""

    missing = {"reason": gettext_lazy("Write why it is so no longer.")}

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class PaymentForm(DeskForm):
    """Why a holder who is written otherwise is the customer; empty where the names agree."""

    reason = forms.CharField(
        label=gettext_lazy("Why the holder is this customer"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@dataclass(frozen=True)
class Row:
    """One confirmation; whether it is relied on today, and where not, why."""

    confirmation: Confirmation
    state: tuple[str, str]
    form: ReasonForm | None


@dataclass
class Of:
    """One party."""

    party: Party
    rows: list[Row] = field(default_factory=list)
    challenge: DomainChallenge | None = None
    checks: list[OutsideCheck] = field(default_factory=list)
    paper_form: PaperForm | None = None
    lei: lei_checks.Checked | None = None

    @property
    def is_told(self) -> bool:
        return bool(self.rows or self.challenge or self.checks or self.paper_form or self.lei)


def facts(case: Case, parties: Collection[Party], documents: Collection[Document], filled: Mapping[str, Any]) -> dict[str, Any]:
    """In as many queries however many parties there are."""
    top, today = customer(case.organisation), timezone.localdate()
    found = {party.pk: Of(party) for party in parties}
    means = list(PaymentMeans.objects.live().filter(organisation=case.organisation).exclude(holder="").order_by("pk"))
    confirmed: dict[int, list[Confirmation]] = defaultdict(list)
    rows = Confirmation.objects.filter(party__in=found).select_related("party", "document", "confirmed_by", "means")
    for row in rows.order_by("-pk"):
        confirmed[row.party_id].append(row)
    for challenge in DomainChallenge.objects.filter(party__in=found).exclude(state="ended").order_by("pk"):
        found[challenge.party_id].challenge = challenge
    for check in OutsideCheck.objects.filter(party__in=found, state__in=OutsideCheck.OPEN + OutsideCheck.FINAL).order_by("-pk"):
        found[check.party_id].checks.append(check)
    rejected = set(Document.objects.unsound().filter(organisation=case.organisation).values_list("pk", flat=True))
    for one in found.values():
        papers = proofs.papers_of(one.party, top, documents)
        marks = confirmations.marks(one.party, means)
        one.rows = [shown(case, row, marks, rejected, filled) for row in confirmed[one.party.pk]]
        if papers and ways(one.party):
            one.paper_form = returned(filled, "confirm_form", one.party.pk) or PaperForm(
                one.party, papers, actions=(reverse("desk:confirm_paper", args=[case.pk, one.party.pk]),)
            )
        if top is not None and one.party.pk == top.pk:
            one.lei = lei_checks.check(one.party)
    held = [(row, agrees(row, top), payment_form(case, row, filled)) for row in means]
    return {"confirming": [one for one in found.values() if one.is_told], "holders": held, "today": today}


def returned(filled: Mapping[str, Any], name: str, pk: int) -> Any:
    return filled.get(name) if filled.get("confirm_pk") == pk else None


def agrees(row: PaymentMeans, top: Party | None) -> bool:
    return top is not None and is_same_person(row.holder, *filter(None, (top.name, top.native_name)))


def payment_form(case: Case, row: PaymentMeans, filled: Mapping[str, Any]) -> PaymentForm:
    given = returned(filled, "holder_form", row.pk)
    actions = (reverse("desk:confirm_payment", args=[case.pk, row.pk]),)
    return given or PaymentForm(auto_id=f"holder_{row.pk}_%s", actions=actions)


def shown(case: Case, row: Confirmation, marks: set[str], rejected: set[int], filled: Mapping[str, Any]) -> Row:
    if row.ended_at:
        return Row(row, (_("ended: %(why)s") % {"why": row.ended_because}, "neutral"), None)
    given = returned(filled, "end_form", row.pk)
    form = given or ReasonForm(auto_id=f"end_{row.pk}_%s", actions=(reverse("desk:confirm_end", args=[case.pk, row.pk]),))
    return Row(row, state(row, marks, rejected), form)


def state(row: Confirmation, marks: set[str], rejected: set[int]) -> tuple[str, str]:
    """In words, with its tone."""
    if row.document is not None and row.document.removed_at:
        return _("the document has been taken back"), "warn"
    if row.document_id in rejected:
        return _("the document was rejected"), "warn"
    if row.mark not in marks:
        return _("the customer says otherwise since"), "warn"
    if row.valid_until < timezone.localdate():
        return _("was good until %(day)s") % {"day": row.valid_until}, "warn"
    return _("good until %(day)s") % {"day": row.valid_until}, "good"
