"""The structure as the customer declared it, and its picture: whom it shows, what each share or role is, what nobody is named
for, where holdings run in circles. What the checks found is the desk's (kyc.desk.owning)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kyc.cases.findings import at_most
from kyc.cases.round import told_apart, undeclared
from kyc.ownership import drawing, folding, picture, shares
from kyc.ownership.circles import circular
from kyc.ownership.folding import Fold
from kyc.ownership.interests import has_size
from kyc.ownership.models import Interest, holdings
from kyc.ownership.picture import Box, Line, Picture
from kyc.ownership.shares import Interval
from kyc.parties.models import Party
from kyc.parties.sentences import one_stop

# A few words on a party, and their tone.
Noted = tuple[str, str]
NOTHING: Noted = ("", "")


@dataclass(frozen=True)
class Drawn:
    """The picture, or nothing, and what is to be said about it."""

    svg: str = ""
    note: str = ""


@dataclass(frozen=True)
class Declared:
    """One structure: the customer, and every interest that is declared now."""

    customer: Party
    interests: list[Interest]

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
        """Shares, without other rights, control and roles in trusts."""
        return [interest for interest in self.interests if interest.kind == Interest.Kind.SHAREHOLDING]

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
    def sizes(self) -> dict[int, Interval]:
        """How much each interest is, by its number."""
        return {interest.pk: shares.parse(interest.share) for interest in self.interests}

    @cached_property
    def circles(self) -> set[int]:
        """Interests by which a party holds, through others, part of itself."""
        places = circular([(str(interest.owner_id), str(interest.owned_id)) for interest in self.interests])
        return {self.interests[place].pk for place in places}

    @cached_property
    def names(self) -> dict[int, str]:
        return told_apart(self.parties.values())

    def picture(self) -> Picture:
        """All of it: nothing is folded."""
        return Picture(str(self.customer.pk), tuple(self.boxes()), tuple(self.lines()), self.sentence())

    def boxes(self) -> Iterator[Box]:
        for pk, party in self.parties.items():
            role = self.role(party)
            note, tone = self.noted(party, role)
            yield Box(str(pk), self.names[pk], party.kind, party.country, party.native_name, role, note, tone)
        for pk, left in self.undeclared.items():
            yield Box(f"left-{pk}", _("undeclared · %(share)s") % {"share": at_most(left)}, picture.UNDECLARED)

    def lines(self) -> Iterator[Line]:
        """The largest holdings first, since those are the last to be folded away."""
        for interest in sorted(self.interests, key=lambda interest: -self.sizes[interest.pk].max):
            is_open = has_size(interest.kind) and self.sizes[interest.pk] == shares.UNKNOWN
            ends = str(interest.owner_id), str(interest.owned_id)
            yield Line(*ends, self.written(interest), is_open, self.line_tone(interest), is_circular=interest.pk in self.circles)
        for nominee, others in self.held_for.items():
            for other in others:
                yield Line(str(other), str(nominee), _("through a nominee"), is_open=True)
        for pk in self.undeclared:
            yield Line(f"left-{pk}", str(pk), "", is_open=True)

    def written(self, interest: Interest) -> str:
        """What stands on its line."""
        is_bare = interest.kind == Interest.Kind.SHAREHOLDING and self.sizes[interest.pk] == shares.UNKNOWN
        return "?" if is_bare and not interest.is_indirect else self.label(interest)

    def label(self, interest: Interest) -> str:
        """How much, and as what where it is no share; whether through others, and whether it leads back to its owner."""
        kind = "" if interest.kind == Interest.Kind.SHAREHOLDING else str(interest.get_kind_display())
        share = shares.as_stated(interest.share) if has_size(interest.kind) else ""
        indirect = _("through others") if interest.is_indirect else ""
        return " · ".join(filter(None, (kind, share, indirect, _("circular") if interest.pk in self.circles else "")))

    def role(self, party: Party) -> str:
        if party.pk == self.customer.pk:
            return _("the customer")
        if others := self.held_for.get(party.pk):
            return _("nominee for %(names)s") % {"names": ", ".join(self.names[pk] for pk in others)}
        return {Party.Kind.STATE: _("state"), Party.Kind.TRUST: _("trust"), Party.Kind.UNKNOWN: _("not known by name")}.get(
            Party.Kind(party.kind), ""
        )

    # What was found of them is left to who knows.
    def noted(self, party: Party, role: str) -> Noted:
        """What stands in the box of a party besides its `role`."""
        return NOTHING

    def line_tone(self, interest: Interest) -> str:
        return ""

    def kept(self) -> Collection[int]:
        """Who is never folded away."""
        return ()

    def noted_of(self, parties: Collection[Party]) -> Noted:
        """What stands in the one box of several."""
        return NOTHING

    def fold(self, fold: Fold) -> tuple[Box, Line]:
        owners = {int(line.owner) for line in fold.lines}
        behind = [self.parties[int(id)] for id in fold.behind]
        name = ngettext("%(n)s more owner", "%(n)s more owners", len(owners)) % {"n": len(owners)}
        told = ngettext("with %(n)s behind", "with %(n)s behind", len(behind)) % {"n": len(behind)} if behind else ""
        note, tone = self.noted_of([*(self.parties[pk] for pk in owners), *behind])
        return Box(fold.id, name, picture.FOLDED, role=told, note=note, tone=tone), Line(fold.id, fold.owned, self.together(fold))

    def together(self, fold: Fold) -> str:
        """What the folded ones hold together; nothing where they hold no shares, as in a trust."""
        ends = {(int(line.owner), int(line.owned)) for line in fold.lines}
        held = [self.sizes[one.pk] for one in self.held if (one.owner_id, one.owned_id) in ends]
        return shares.short(shares.total(held)) if held else ""

    def sentence(self) -> str:
        """What the picture shows, for who can't see it."""
        owners = len(self.parties) - 1
        told = [
            ngettext("%(n)s owner drawn above %(name)s.", "%(n)s owners drawn above %(name)s.", owners)
            % {"n": owners, "name": self.names[self.customer.pk]}
        ]
        told += self.findings_told()
        told += [
            _("Of %(name)s %(share)s is undeclared.") % {"name": self.names[pk], "share": at_most(left)}
            for pk, left in self.undeclared.items()
        ]
        if self.circles:
            told.append(_("Some holdings run in a circle."))
        return " ".join(map(one_stop, [*told, _("All of it stands in words beneath.")]))

    def findings_told(self) -> list[str]:
        return []

    def folded(self, whole: Picture) -> Picture:
        return folding.folded(whole, kept=[str(pk) for pk in self.kept()], told=self.fold)


def shown(found: Declared) -> tuple[Picture | None, str]:
    """What is drawn, and what is to be said of it: of a structure too large to read, the chains that matter."""
    whole = found.picture()
    folded = found.folded(whole)
    if len(folded.boxes) <= picture.MOST:
        return folded, _("Where a party has many owners, the smaller ones share a box. All are named beneath.") if (
            folded != whole
        ) else ""
    chains = found.folded(picture.narrowed(whole))
    if not 1 < len(chains.boxes) <= picture.MOST:
        return None, _("Too large to draw: %(n)s parties. All of it stands in words beneath.") % {"n": len(found.parties)}
    return chains, _(
        "Too large to draw whole: %(n)s parties. Drawn are those between the customer and who is listed, blocked or open."
    ) % {"n": len(found.parties)}


def draw(found: Declared) -> Drawn:
    drawn, note = shown(found)
    if drawn is None:
        return Drawn(note=note)
    try:
        return Drawn(SafeString(drawing.svg(drawn)), note)  # nosec B703  # every word was escaped where it was drawn
    except drawing.Undrawable:
        return Drawn(note=_("The picture can't be drawn on this machine. All of it stands in words beneath."))


def file(found: Declared, title: str, *, on: datetime) -> str:
    """The picture as a file of its own, whose title says of whom and when. Raises Undrawable; empty where nothing is drawn."""
    drawn, _note = shown(found)
    heading = f"{title}, {date_format(on, 'j F Y, H:i')} UTC"
    return drawing.svg(replace(drawn, sentence=f"{heading}. {drawn.sentence}"), standalone=True) if drawn else ""
