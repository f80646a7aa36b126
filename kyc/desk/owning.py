"""The words of the ownership picture: whom it shows, what each share is, who is listed or blocked, what nobody is named for."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kyc.cases.findings import at_most
from kyc.cases.models import Examination
from kyc.cases.outdated import hits_of
from kyc.cases.round import told_apart, undeclared
from kyc.ownership import drawing, picture, regimes, shares
from kyc.ownership.models import Determination, Interest, holdings
from kyc.ownership.picture import BAD, WARN, Box, Line, Picture
from kyc.ownership.shares import Interval
from kyc.parties.models import Party
from kyc.parties.sentences import one_stop
from kyc.screening.models import Hit, ListVersion


@dataclass(frozen=True)
class Drawn:
    """The picture, or nothing, and what is to be said about it."""

    svg: str = ""
    note: str = ""


@dataclass(frozen=True)
class Owning:
    """One structure with what the newest checks found: verdicts by party, and matches nobody has ruled out."""

    customer: Party
    interests: list[Interest]
    is_checked: bool
    verdicts: Mapping[int, Determination]
    hits: Mapping[int, list[Hit]]

    @cached_property
    def parties(self) -> dict[int, Party]:
        found = {self.customer.pk: self.customer}
        for interest in self.interests:
            found |= {interest.owned_id: interest.owned, interest.owner_id: interest.owner}
            if interest.held_for:
                found[interest.held_for.pk] = interest.held_for
        return found

    @cached_property
    def held(self) -> list[Interest]:
        """Shares, without roles in trusts."""
        return [interest for interest in self.interests if interest.kind == Interest.Kind.SHAREHOLDING]

    @cached_property
    def counted(self) -> set[int]:
        """Who stands in the arithmetic: not who holds for another, nor who has only a role in a trust."""
        return {pk for interest in self.held for pk in (interest.counted_owner, interest.owned_id)}

    @cached_property
    def held_for(self) -> dict[int, list[int]]:
        """For whom each nominee holds."""
        found: dict[int, list[int]] = {}
        for interest in self.interests:
            others = found.setdefault(interest.owner_id, []) if interest.held_for_id else []
            if interest.held_for_id and interest.held_for_id not in others:
                others.append(interest.held_for_id)
        return found

    @cached_property
    def undeclared(self) -> dict[int, Interval]:
        """What of each company nobody is named for. Trusts are not divided."""
        stated = holdings(self.held)
        companies = [str(pk) for pk, party in self.parties.items() if party.is_company]
        return {int(pk): part for pk, part in undeclared(stated, companies).items()}

    @cached_property
    def names(self) -> dict[int, str]:
        return told_apart(self.parties.values())

    def is_blocked(self, pk: int) -> bool:
        return pk in self.verdicts and self.verdicts[pk].verdict == regimes.YES

    def picture(self) -> Picture:
        return Picture(str(self.customer.pk), tuple(self.boxes()), tuple(self.lines()), self.sentence())

    def boxes(self) -> Iterator[Box]:
        for pk, party in self.parties.items():
            note, tone = self.finding(party)
            role = self.role(party)
            yield Box(
                str(pk),
                self.names[pk],
                party.kind,
                party.country,
                party.native_name,
                role,
                "" if role and tone not in (WARN, BAD) else note,
                tone,
            )
        for pk, left in self.undeclared.items():
            yield Box(f"left-{pk}", _("undeclared · %(share)s") % {"share": at_most(left)}, picture.UNDECLARED)

    def lines(self) -> Iterator[Line]:
        for interest in self.interests:
            tone = BAD if self.is_blocked(interest.counted_owner) and self.is_blocked(interest.owned_id) else ""
            role = interest.role
            is_open = not role and shares.parse(interest.share) == shares.UNKNOWN
            share = role if role else "?" if is_open else shares.as_stated(interest.share)
            yield Line(str(interest.owner_id), str(interest.owned_id), share, is_open, tone)
        for nominee, others in self.held_for.items():
            for other in others:
                yield Line(str(other), str(nominee), _("through a nominee"), is_open=True)
        for pk in self.undeclared:
            yield Line(f"left-{pk}", str(pk), "", is_open=True)

    def role(self, party: Party) -> str:
        if party.pk == self.customer.pk:
            return _("the customer")
        if others := self.held_for.get(party.pk):
            return _("nominee for %(names)s") % {"names": ", ".join(self.names[pk] for pk in others)}
        return _("state") if party.kind == Party.Kind.STATE else ""

    def finding(self, party: Party) -> tuple[str, str]:
        """A few words on a party, and their tone."""
        verdict = self.verdicts.get(party.pk)
        if hits := self.hits.get(party.pk, []):
            return self.listed(hits), BAD if self.is_blocked(party.pk) else WARN
        if verdict is None and party.pk not in self.counted:
            return "", ""
        if verdict is None:
            return (_("not checked yet"), WARN) if self.is_checked else ("", "")
        if verdict.verdict == regimes.YES:
            return self.blocked(party, verdict), BAD
        if verdict.verdict == regimes.INDETERMINATE:
            return _("may be blocked"), WARN
        return _("clear"), picture.GOOD

    def listed(self, hits: list[Hit]) -> str:
        """A match that nobody has ruled on is not a listing yet."""
        sure = [hit for hit in hits if hit.ruling == Hit.Ruling.TRUE]
        names = dict.fromkeys(list_name(hit.list_version) for hit in sure or hits)
        sentence = _("listed: %(lists)s") if sure else _("possible match: %(lists)s")
        return sentence % {"lists": ", ".join(names)}

    def blocked(self, party: Party, verdict: Determination) -> str:
        owners = {i.counted_owner for i in self.held if i.owned_id == party.pk and self.is_blocked(i.counted_owner)}
        share = shares.short(Interval(Fraction(verdict.share_min), Fraction(verdict.share_max)))
        return self.by(owners) % {"share": share} if owners else _("blocked")

    def by(self, owners: Collection[int]) -> str:
        if any(pk not in self.hits for pk in owners):
            return _("blocked: %(share)s by blocked")
        if any(hit.ruling == Hit.Ruling.TRUE for pk in owners for hit in self.hits[pk]):
            return _("blocked: %(share)s by listed")
        return _("blocked: %(share)s by possible match")

    def sentence(self) -> str:
        """What the picture shows, for who can't see it."""
        owners = len(self.parties) - 1
        told = [
            ngettext("%(n)s owner drawn above %(name)s.", "%(n)s owners drawn above %(name)s.", owners)
            % {"n": owners, "name": self.names[self.customer.pk]}
        ]
        said = ((party, *self.finding(party)) for party in self.parties.values())
        told += [f"{self.names[party.pk]}: {note}." for party, note, tone in said if tone in (BAD, WARN)]
        told += [
            _("Of %(name)s %(share)s is undeclared.") % {"name": self.names[pk], "share": at_most(left)}
            for pk, left in self.undeclared.items()
        ]
        return " ".join(map(one_stop, [*told, _("The table beneath says who holds what of whom.")]))


def list_name(version: ListVersion) -> str:
    return str(version.get_source_display()).removesuffix(" list")


def owning(customer: Party, interests: list[Interest], examination: Examination | None) -> Owning:
    """With two queries, however large the structure is."""
    found = Determination.objects.filter(examination_id=examination.pk if examination else None, regime="ofac-50")
    matches = hits_of(examination).exclude(ruling=Hit.Ruling.FALSE).select_related("list_version")
    hits: dict[int, list[Hit]] = {}
    for hit in matches.order_by("pk"):
        hits.setdefault(hit.party_id, []).append(hit)
    return Owning(customer, interests, examination is not None, {row.party_id: row for row in found}, hits)


def draw(found: Owning) -> Drawn:
    """The picture; of one too large to read, the chains that matter."""
    whole = found.picture()
    shown, note = whole, ""
    if len(whole.boxes) > picture.MOST:
        shown = picture.narrowed(whole)
        note = _(
            "Too large to draw whole: %(n)s parties. Drawn are those between the customer and who is listed, blocked or open."
        )
        if not 1 < len(shown.boxes) <= picture.MOST:
            return Drawn(note=_("Too large to draw: %(n)s parties. The table says all of it.") % {"n": len(found.parties)})
    try:
        return Drawn(SafeString(drawing.svg(shown)), note % {"n": len(found.parties)} if note else "")  # nosec B703  # every word was escaped where it was drawn
    except drawing.Undrawable:
        return Drawn(note=_("The picture can't be drawn on this machine. The table says all of it."))
