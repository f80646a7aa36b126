"""What proves who a party is, as an officer judges it: levels by each guideline, the items, and where documents say otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kyc.desk.forms import Choices, DeskForm
from kyc.desk.masking import unlike
from kyc.desk.source_forms import UNCHOSEN, country_choices
from kyc.evidence import graded, proofs
from kyc.evidence.grading.shortest import Act, Do, Path
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.evidence.items import about
from kyc.evidence.models import SHUT, Document
from kyc.parties.masks import MASKS, NOTHING
from kyc.parties.models import Party
from kyc.rules import assurance, packs

R = EvidenceItem.Result
# Of what a person is declared to be, what is typed from the document to be compared with it.
SHOWN = {"name": _("Name on it"), "birth_date": _("Date of birth on it"), "country": _("Nationality on it")}
SHOWN_OF_ENTITIES = {"name": _("Name on it"), "number": _("Number in the register, on it"), "country": _("Country on it")}
# Beside which levels it says what else would do: more is noise.
MOST_OTHERS = 4


def day_of(label: Promise, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as 2026-11-30.")}, **kwargs,
    )  # fmt: skip


class RecordForm(DeskForm):
    missing = {"kind": _("Choose what it is from the list.")}

    kind = forms.ChoiceField(label=_("What it is"))
    document = forms.ChoiceField(label=_("On the document"), required=False)
    issuer = forms.CharField(label=_("Issuer"), max_length=200, required=False)
    issuing_country = forms.ChoiceField(label=_("Issuing country"), choices=country_choices, required=False)
    number = forms.CharField(
        label=_("Number"), max_length=100, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    issued_on = day_of(_("Issued on"))
    expires_on = day_of(_("Expires on"))
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, party: Party, papers: Iterable[Document], data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.party, self.papers = party, {str(paper.pk): paper for paper in papers}
        kinds = [(kind.code, gettext(kind.title)) for kind in assurance.load().kinds_about(about(party))]
        named: Choices = [(pk, f"{paper.get_kind_display()}, {paper.name}") for pk, paper in self.papers.items()]
        self.fields["kind"].choices = [UNCHOSEN, *kinds]  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
        self.fields["document"].choices = [("", _("none: a confirmation")), *named]  # type: ignore[attr-defined]  # as above
        for what, label in (SHOWN if party.is_person else SHOWN_OF_ENTITIES).items():
            self.fields[f"shown_{what}"] = shown_field(what, label)

    def clean(self) -> dict[str, Any]:
        """As `evidencing.record` takes it."""
        data = super().clean() or {}
        shown = {name.removeprefix("shown_"): str(data.pop(name) or "") for name in [*data] if name.startswith("shown_")}
        return data | {"document": self.papers.get(data.get("document", "")), "shown": shown}


def kind_on(paper: Document, party: Party) -> str:
    """What it most likely is on that document; nothing where that may be several."""
    fitting = [kind.code for kind in assurance.load().kinds_about(about(party)) if paper.kind in kind.documents]
    return fitting[0] if len(fitting) == 1 else ""


def shown_field(what: str, label: Promise) -> forms.Field:
    if what == "birth_date":
        return day_of(label)
    if what == "country":
        return forms.ChoiceField(label=label, choices=country_choices, required=False)
    return forms.CharField(label=label, max_length=300, required=False)


class JudgeForm(DeskForm):
    """How it was found, and what came of it."""

    missing = {"method": _("Say how.")}

    method = forms.ChoiceField(label=_("How"))
    result = forms.ChoiceField(label=_("What came of it"), choices=R.choices)
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, item: EvidenceItem, what: str, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{what}_{item.pk}_%s", **kwargs)
        rules = assurance.load()
        kind = rules.kinds[item.kind]
        named = {code: rules.validations[code] for code in kind.scores}
        if what == "verify":
            named = {code: rules.verifications[code].title for code in kind.verified}
        self.fields["method"].choices = [UNCHOSEN, *((code, gettext(text)) for code, text in named.items())]  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say


class WithdrawForm(DeskForm):
    missing = {"reason": _("Say why it counts no more.")}

    reason = forms.CharField(label=_("Why it counts no more"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class ResolveForm(DeskForm):
    missing = {"resolution": _("Say how it was resolved."), "reason": _("Write why, for whoever reads it later.")}

    resolution = forms.ChoiceField(label=_("How it was resolved"), choices=[UNCHOSEN, *Mismatch.Resolution.choices])
    reason = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


@dataclass(frozen=True)
class Row:
    """One item in words, with its forms."""

    item: EvidenceItem
    title: str
    number: str
    validated: str
    verified: str
    state: tuple[str, str]
    forms: dict[str, DeskForm]


def rows(party: Party, returned: tuple[str, int, DeskForm] | None) -> list[Row]:
    related = ("document", "recorded_by", "validated_by", "verified_by", "withdrawn_by")
    items = EvidenceItem.objects.filter(party=party).select_related(*related).order_by("-pk")
    rejected = set(Document.objects.unsound().filter(items__party=party).values_list("pk", flat=True))
    return [row(item, returned, is_rejected=item.document_id in rejected) for item in graded.known(items)]


def row(item: EvidenceItem, returned: tuple[str, int, DeskForm] | None, *, is_rejected: bool) -> Row:
    rules = assurance.load()
    kind = rules.kinds[item.kind]
    made: dict[str, DeskForm] = {
        "validate": JudgeForm(item, "validate"),
        "withdraw": WithdrawForm(auto_id=f"withdraw_{item.pk}_%s"),
    }
    if kind.verified and item.validation_result == R.PASSED:
        made["verify"] = JudgeForm(item, "verify")
    if returned and returned[1] == item.pk and returned[0] in made:
        made[returned[0]] = returned[2]
    verification = rules.verifications.get(item.verification)
    return Row(
        item=item,
        title=gettext(kind.title),
        number=masked("registration_number", item.number),
        validated=gettext(rules.validations.get(item.validation, "")) if item.validation else "",
        verified=gettext(verification.title) if verification else "",
        state=state(item, is_rejected=is_rejected),
        forms={} if item.withdrawn_at or (item.document and item.document.removed_at) else made,
    )


def masked(field: str, value: Any) -> str:
    """What can't be read any more says so itself."""
    return MASKS[field](value) if value and type(value) is str else str(value)


def state(item: EvidenceItem, *, is_rejected: bool) -> tuple[str, str]:
    """In words, with its tone."""
    if item.withdrawn_at:
        return gettext("withdrawn"), "neutral"
    if item.document and item.document.removed_at:
        return gettext("its document was taken back"), "warn"
    if item.document and item.document.intake in SHUT:
        return gettext("its document was not let through by the virus scanner"), "warn"
    if is_rejected:
        return gettext("its document was rejected"), "warn"
    if item.expires_on and item.expires_on < timezone.localdate():
        return gettext("expired"), "warn"
    if item.validation_result == R.FAILED:
        return gettext("not found good"), "bad"
    if item.validation_result != R.PASSED:
        return gettext("not validated yet"), "warn"
    return str(item.get_strength_display() or gettext("found good")), "good"


@dataclass(frozen=True)
class Level:
    """By one guideline, in words."""

    title: str
    version: str
    status: str
    source: str
    notes: list[str]
    reached: str
    way: str
    items: list[str]
    following: str
    steps: list[str]
    is_aim: bool


def levels(party: Party) -> list[Level]:
    rules = assurance.load()
    items = [*map(graded.counted, graded.known(EvidenceItem.objects.filter(party=party))), *graded.confirmed(party)]
    numbers = {item.number: gettext(rules.kinds[item.kind].title) for item in items}
    return [
        Level(
            title=gettext(one.guideline.title),
            version=one.guideline.version,
            status=packs.STATUSES[one.guideline.status],
            source=one.guideline.source,
            notes=[gettext(note) for note in one.guideline.notes],
            reached=gettext(one.reached.level.title) if one.reached else "",
            way=one.reached.way.code if one.reached else "",
            items=[numbers[number] for number in one.reached.items] if one.reached else [],
            following=gettext(one.path.level.title) if one.path else "",
            steps=steps(one.path, numbers) if one.path else [],
            is_aim=one.is_aim,
        )
        for one in graded.graded(party)
    ]


def steps(path: Path, titles: dict[int, str]) -> list[str]:
    """What is left to do, act by act, with what else would do."""
    new = {act.item: gettext(assurance.load().kinds[act.kind].title) for act in path.acts if act.do == Do.ADD}
    return [step(act, {**titles, **new}) for act in path.acts]


def step(act: Act, titles: dict[int, str]) -> str:
    rules = assurance.load()
    if act.do == Do.TELL:
        return gettext("Told by the customer: %(what)s.") % {"what": gettext(rules.told[act.kind])}
    if act.do == Do.VERIFY:
        how = gettext(rules.verifications[act.how].title)
        return gettext("%(item)s: make sure whose it is. %(how)s.") % {"item": titles[act.item], "how": how}
    how = gettext(rules.validations[act.how])
    if act.do == Do.VALIDATE:
        return gettext("%(item)s: validate it. %(how)s.") % {"item": titles[act.item], "how": how}
    others = [gettext(rules.kinds[kind].title) for kind, _how in act.instead if kind != act.kind]
    told = gettext("Another piece of evidence: %(item)s. %(how)s.") % {"item": gettext(rules.kinds[act.kind].title), "how": how}
    if not others:
        return told
    few = ", ".join(list(dict.fromkeys(others))[:MOST_OTHERS])
    return told + " " + gettext("Instead would do: %(others)s.") % {"others": few}


def papers(party: Party, customer: Party | None, documents: Iterable[Document]) -> list[Document]:
    return proofs.papers_of(party, customer, documents)


def differences(party: Party, returned: tuple[int, DeskForm] | None) -> list[tuple[Mismatch, str, str, DeskForm | None]]:
    """Each mismatch with what was declared and what the document says, identifiers masked; a form where it is open."""
    found = Mismatch.objects.filter(item__party=party).select_related("item__party", "resolved_by", "opened_by").order_by("-pk")
    return [
        (
            row,
            shown(row.what, row.declared),
            beside(row.what, row.declared, row.shown),
            None
            if row.resolved_at or row.item.withdrawn_at
            else returned[1]
            if returned and returned[0] == row.pk
            else ResolveForm(auto_id=f"mismatch_{row.pk}_%s"),
        )
        for row in found
    ]


def beside(what: str, first: Any, value: Any) -> str:
    """The one of the two values that stands second, and how it differs where the masks make both alike."""
    are_told = type(first) is str and type(value) is str
    how = unlike(what, first, value) if are_told else ""
    return f"{shown(what, value)} ({how})" if how else shown(what, value)


def shown(what: str, value: Any) -> str:
    field = {"birth_date": "birth_date", "address": "address", "number": "registration_number"}.get(what)
    if not value or type(value) is not str:
        return str(value)
    return MASKS[field](value) or NOTHING if field else value
