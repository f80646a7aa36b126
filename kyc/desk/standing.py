"""Who the people are, as an officer judges it: person status and what verifies it, authority to sign, invitations."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from kyc.cases.declared import signing
from kyc.cases.models import Case
from kyc.desk.forms import Choices, DeskForm
from kyc.evidence import proofs
from kyc.evidence.models import Document, Invitation, StatusProof
from kyc.parties.models import Party, PersonStatus


@dataclass(frozen=True)
class Standing:
    """One party; `authority` tells of who may sign what shows it, and `invitation` what became of the last one."""

    party: Party
    statuses: list[tuple[PersonStatus, StatusProof | None]]
    papers: list[Document]
    form: "VerifyForm"
    authority: str = ""
    is_authority_shown: bool = True
    invitation: str = ""
    proofs: list[Document] = field(default_factory=list)

    @property
    def is_claimed(self) -> bool:
        """Whether something rests on a status that nobody has verified."""
        return any(status.standing == PersonStatus.Standing.US and proof is None for status, proof in self.statuses)


class VerifyForm(DeskForm):
    missing = {"statuses": gettext_lazy("Say what it proves."), "document": gettext_lazy("Choose the document that you read.")}

    statuses = forms.MultipleChoiceField(label=gettext_lazy("It proves"), widget=forms.CheckboxSelectMultiple)
    document = forms.ChoiceField(label=gettext_lazy("Document"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=1000, required=False)

    def __init__(
        self, party: Party, statuses: Iterable[PersonStatus], papers: Iterable[Document], data: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(data, auto_id=f"verify_{party.pk}_%s", **kwargs)
        self.of_number = {str(status.pk): status for status in statuses}
        self.papers = {str(paper.pk): paper for paper in papers}
        told: Choices = [(pk, f"{s.get_axis_display()}: {s.get_standing_display()}") for pk, s in self.of_number.items()]
        self.fields["statuses"].choices = told  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
        self.fields["statuses"].initial = list(self.of_number)
        named: Choices = [(pk, f"{paper.get_kind_display()}, {paper.name}") for pk, paper in self.papers.items()]
        self.fields["document"].choices = named if len(named) == 1 else [("", _("Choose…")), *named]  # type: ignore[attr-defined]  # as above

    def clean(self) -> dict[str, Any]:
        """As `verify` takes it."""
        data = super().clean() or {}
        return data | {
            "statuses": [self.of_number[pk] for pk in data.get("statuses", [])],
            "document": self.papers.get(data.get("document", "")),
        }


@transaction.atomic
def verify(*, statuses: list[PersonStatus], document: Document, note: str, by: User) -> None:
    """Each of them, or none."""
    for status in statuses:
        proofs.verify(status, document=document, note=note, by=by)


def papers_of(party: Party, documents: Iterable[Document]) -> list[Document]:
    """Documents about that party; what was sent about nobody in particular is about the customer, which is no person."""
    return [d for d in documents if d.party_id == party.pk or (d.party_id is None and not party.is_person)]


def form(party: Party, data: Any = None) -> VerifyForm:
    documents = Document.objects.current().filter(organisation=party.organisation_id).order_by("pk")
    statuses = PersonStatus.objects.live().filter(party=party).order_by("-axis")
    return VerifyForm(party, statuses, papers_of(party, documents), data)


def standings(
    case: Case, parties: Collection[Party], documents: Collection[Document], returned: tuple[int, VerifyForm] | None
) -> list[Standing]:
    """Of all the parties, with as many queries whether few or many; `returned` is the form of one that came back with errors."""
    live: dict[int, list[PersonStatus]] = {}
    for status in PersonStatus.objects.live().filter(party__in=parties).order_by("-axis"):
        live.setdefault(status.party_id, []).append(status)
    proved = verified(parties)
    invited = {row.party_id: row for row in Invitation.objects.filter(party__in=parties).order_by("pk")}
    may_sign = signing(case.organisation)
    found = []
    for party in parties:
        papers, statuses = papers_of(party, documents), live.get(party.pk, [])
        actions = (reverse("desk:verify", args=[case.pk, party.pk]),)
        given = returned[1] if returned and returned[0] == party.pk else VerifyForm(party, statuses, papers, actions=actions)
        authorities = [d for d in documents if d.party_id == party.pk and d.kind == Document.Kind.AUTHORITY]
        found.append(
            Standing(
                party=party,
                statuses=[(status, proved.get(status.pk)) for status in statuses],
                papers=papers,
                form=given,
                authority=authority(may_sign.get(party.pk), authorities),
                is_authority_shown=may_sign.get(party.pk, True),
                invitation=told(invited[party.pk]) if party.pk in invited else "",
                proofs=authorities,
            )
        )
    return found


def verified(parties: Collection[Party]) -> dict[int, StatusProof]:
    """The proof of each status that may be relied on today, by the status's number."""
    good = StatusProof.objects.filter(
        status__party__in=parties, valid_until__gte=timezone.localdate(), document__removed_at__isnull=True
    )
    return {proof.status_id: proof for proof in good.select_related("document", "proved_by").order_by("pk")}


def authority(is_shown: bool | None, papers: Collection[Document]) -> str:
    if is_shown is None:
        return ""
    if papers:
        return _("May sign, by a proof of authority")
    return _("May sign, by the register") if is_shown else _("May sign, but nothing shows it")


def told(invitation: Invitation) -> str:
    if invitation.used_at:
        return _("proved who they are by the invitation")
    if invitation.ended_at:
        return _("was invited; the invitation was withdrawn")
    if invitation.expires_at <= timezone.now():
        return _("was invited and has not answered; the link has expired")
    return _("was invited and has not answered yet")
