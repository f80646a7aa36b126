"""A company that another customer named too: proposed by a number that both gave, ruled by an officer. For the desk alone."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Max
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from kyc.cases.models import Case
from kyc.desk import words
from kyc.desk.forms import DeskForm
from kyc.desk.sources import told as stated
from kyc.ownership import twice
from kyc.ownership.twice import Point
from kyc.parties import identifying, sameness
from kyc.parties.models import Party, PersonStatus, Sameness
from kyc.parties.sameness import Pair, Shared

BY: dict[str, Promise] = {
    Shared.LEI: gettext_lazy("the same LEI"),
    Shared.REGISTER: gettext_lazy("the same number in the %(register)s"),
    Shared.TAX: gettext_lazy("the same tax number"),
}


WHAT: dict[str, Promise] = {
    "kind": gettext_lazy("Kind"),
    "legal_form": gettext_lazy("Legal form"),
    "country": gettext_lazy("Formed in"),
    "hq_country": gettext_lazy("Run from"),
    "registration_number": gettext_lazy("Registration number"),
    "lei": gettext_lazy("LEI"),
    "tax_number": gettext_lazy("Tax number"),
    PersonStatus.Axis.IAAS: gettext_lazy("US person"),
    PersonStatus.Axis.EAR: gettext_lazy("Foreign person"),
}
SHOWN: dict[str, Callable[[str], str]] = {
    "kind": lambda code: str(Party.Kind(code).label),
    "country": words.country,
    "hq_country": words.country,
    **dict.fromkeys(PersonStatus.Axis.values, lambda code: str(PersonStatus.Standing(code).label)),
}


class SamenessForm(DeskForm):
    missing = {
        "ruling": gettext_lazy("Say whether it is the same company."),
        "reason": gettext_lazy("Write by what you tell, for whoever reads it later."),
    }

    ruling = forms.ChoiceField(label=gettext_lazy("It is"), choices=Sameness.Ruling.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("By what you tell"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, pair: tuple[int, int], data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"same_{pair[0]}_{pair[1]}_%s", **kwargs)


@dataclass(frozen=True)
class InWords:
    """One thing that the two customers told differently."""

    what: str
    mine: str
    theirs: str


def in_words(point: Point) -> InWords:
    if point.what == twice.OWNER:
        sides = [_("not named") if side is None else stated(side) for side in (point.mine, point.theirs)]
        return InWords(point.owner, *sides)
    show = SHOWN.get(point.what, str)
    return InWords(str(WHAT[point.what]), show(point.mine or ""), show(point.theirs or ""))


@dataclass(frozen=True)
class Elsewhere:
    """One proposal; `case` is the newest of the other customer's that an officer sees."""

    pair: Pair
    case: Case
    form: SamenessForm
    points: list[InWords]

    @property
    def by(self) -> str:
        """Nothing where they share no number any more, and the ruling alone stands."""
        told = {"register": identifying.register_name(self.pair.other)}
        return ", ".join(str(BY[code]) % told if code == Shared.REGISTER else str(BY[code]) for code in self.pair.shared)


def facts(case: Case, parties: Collection[Party], reader: User, filled: Mapping[str, Any]) -> list[Elsewhere]:
    """What no ruling was made on comes first. Of customers who have sent nothing yet nothing is told."""
    pairs = sameness.alike(parties)
    if not pairs or case.organisation.sandbox:
        return []
    cases, told = newest({pair.other.organisation_id for pair in pairs}, reader), twice.points(pairs)
    found = [
        Elsewhere(
            pair,
            cases[pair.other.organisation_id],
            form(case, pair, filled),
            [in_words(point) for point in told.get((pair.party.pk, pair.other.pk), ())],
        )
        for pair in pairs
        if pair.other.organisation_id in cases
    ]
    return sorted(found, key=lambda row: row.pair.ruling is not None)


def newest(organisations: Collection[int], reader: User) -> dict[int, Case]:
    last = (
        Case.objects.shown_to(reader)
        .filter(organisation__in=organisations)
        .values("organisation")
        .annotate(last=Max("pk"))
        .values("last")
    )
    return {one.organisation_id: one for one in Case.objects.filter(pk__in=last).select_related("organisation")}


def form(case: Case, pair: Pair, filled: Mapping[str, Any]) -> SamenessForm:
    key = (pair.party.pk, pair.other.pk)
    if filled.get("same_pks") == key:
        return filled["same_form"]  # type: ignore[no-any-return]  # as above
    return SamenessForm(key, actions=(reverse("desk:same", args=[case.pk, *key]),))


@dataclass(frozen=True)
class Twice:
    """A company of which two customers, whose newest cases these are, declared something differently."""

    pair: Pair
    cases: tuple[Case, Case]
    points: list[InWords]


def everywhere(reader: User) -> list[Twice]:
    """Of all customers, the longest ruled first: by the ruling that stands and what is declared now. In five queries."""
    rows = Sameness.objects.live().filter(ruling=Sameness.Ruling.SAME, party__removed_on=None, other__removed_on=None)
    pairs = [Pair(row.party, row.other, (), row) for row in rows.select_related("party", "other", "ruled_by").order_by("pk")]
    if not pairs:
        return []
    cases = newest({party.organisation_id for pair in pairs for party in (pair.party, pair.other)}, reader)
    told = twice.points(pairs)
    return [
        Twice(
            pair,
            (cases[pair.party.organisation_id], cases[pair.other.organisation_id]),
            [in_words(point) for point in points],
        )
        for pair in pairs
        if {pair.party.organisation_id, pair.other.organisation_id} <= cases.keys()
        and (points := told[pair.party.pk, pair.other.pk])
    ]
