"""Where an entity was formed and is run from, and who stands at its top: since when, by whose word, and verified by what."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kyc.desk import words
from kyc.evidence.models import AttributeProof
from kyc.parties.models import Attribute, Party

W = Attribute.What
ORDER = (W.FORMED, W.HEADQUARTERS, W.PARENT)


@dataclass(frozen=True)
class Origin:
    """One of these as it stands, with what stood before it, and of a parent where that has its headquarters."""

    row: Attribute
    proof: AttributeProof | None
    earlier: list["Origin"] = field(default_factory=list)
    run_from: "Origin | None" = None

    @property
    def label(self) -> str:
        return str(self.row.get_what_display())

    @property
    def value(self) -> str:
        if self.row.parent_id is None:
            return words.country(self.row.country)
        return _("none above it") if self.row.parent_id == self.row.party_id else str(self.row.parent)

    @property
    def when(self) -> str:
        """A day that nobody told is the one on which it was written down."""
        if self.row.valid_to:
            told = {"start": self.start, "end": date_format(self.row.valid_to, "j F Y")}
            return _("%(start)s until %(end)s") % told
        return self.start

    @property
    def start(self) -> str:
        if self.row.since:
            return _("since %(since)s") % {"since": self.row.since}
        day = {"day": date_format(self.row.valid_from, "j F Y")}
        is_found = self.row.source == Attribute.Source.DETERMINED
        return _("found on %(day)s") % day if is_found else _("told on %(day)s, since when is not known") % day

    @property
    def is_verified(self) -> bool:
        return self.proof is not None


def of(parties: Collection[Party]) -> dict[int, list[Origin]]:
    """By party, in two queries."""
    rows = list(Attribute.objects.filter(party__in=parties).select_related("party", "parent").order_by("valid_from", "pk"))
    good = AttributeProof.objects.good().filter(attribute__in=rows).select_related("document", "proved_by").order_by("pk")
    proofs = {proof.attribute_id: proof for proof in good}
    live = {(row.party_id, row.what): row for row in rows if row.valid_to is None}
    found: dict[int, list[Origin]] = {}
    for what in ORDER:
        for (pk, name), row in live.items():
            if name == what:
                found.setdefault(pk, []).append(origin(row, rows, live, proofs))
    return found


def origin(
    row: Attribute, rows: Iterable[Attribute], live: Mapping[tuple[int, str], Attribute], proofs: Mapping[int, AttributeProof]
) -> Origin:
    before = [one for one in rows if (one.party_id, one.what) == (row.party_id, row.what) and one.valid_to is not None]
    earlier = [Origin(one, proofs.get(one.pk)) for one in reversed(before) if one.valid_to != one.valid_from]
    above = live.get((row.parent_id, W.HEADQUARTERS)) if row.parent_id and row.parent_id != row.party_id else None
    return Origin(row, proofs.get(row.pk), earlier, Origin(above, proofs.get(above.pk)) if above else None)
