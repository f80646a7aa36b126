"""Enters what a file says of who owns a customer: all of it, or, where one row is refused, nothing, with the reason for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.ownership import actions, shares
from kyc.ownership.bods import shares as standard
from kyc.ownership.filed import Filed, Line, Named
from kyc.ownership.models import Interest
from kyc.parties.actions import customer
from kyc.parties.models import Party
from kyc.parties.wording import alike


@dataclass
class Entered:
    """What came of each row, as (place, sentence). Nothing is kept where anything was refused."""

    named: list[tuple[str, str]] = field(default_factory=list)
    changed: list[tuple[str, str]] = field(default_factory=list)
    as_before: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    is_kept: bool = False


class Undone(Exception):
    """Takes back all that was entered."""


def enter(organisation: Organisation, filed: Filed, *, only_try: bool = False, by: User) -> Entered:
    """Owners that are declared and not in the file stay as they are: a file may be a part."""
    entered = Entered(left_out=list(filed.left_out))
    try:
        with transaction.atomic():
            organisation = organisations.locked(organisation, by=by)
            Filing(organisation, filed, by, entered).run()
            if entered.refused or only_try:
                raise Undone
            told = {name: len(getattr(entered, name)) for name in ("named", "changed", "as_before")}
            audit.record("interest.file_entered", target=organisation, by=by, **told)
            entered.is_kept = True
    except Undone:
        pass
    return entered


@dataclass
class Filing:
    organisation: Organisation
    filed: Filed
    by: User
    entered: Entered
    found: dict[str, Party] = field(default_factory=dict)

    def run(self) -> None:
        top = customer(self.organisation)
        if top is None:
            self.entered.refused.append(("", _("Tell first who you are; then who owns you can be entered.")))
            return
        itself = self.filed.parties.get(self.filed.subject)
        if itself and not is_like(top, itself):
            told = {"theirs": itself.name, "yours": top.name}
            self.entered.refused.append(("", _("The file is about %(theirs)s, and you are %(yours)s.") % told))
            return
        self.found[self.filed.subject or top.name] = top
        self.name_principals()
        waiting = list(self.filed.lines)
        # From the customer upwards, so that each company is there before its owners are named.
        while ready := [line for line in waiting if self.known(line.owned)]:
            for line in ready:
                self.enter(line)
            waiting = [line for line in waiting if line not in ready]
        for line in waiting:
            self.entered.refused.append(
                (line.where, _("%(name)s is neither you nor an owner in this file.") % {"name": self.called(line.owned)})
            )

    def called(self, key: str) -> str:
        return self.filed.parties[key].name if key in self.filed.parties else key

    def known(self, key: str) -> Party | None:
        """Who is meant: told in the file before, or declared. A name alone is enough only where one party bears it."""
        if key in self.found:
            return self.found[key]
        named = self.filed.parties.get(key, Named(key, name=key))
        like = [party for party in self.current.get(alike(named.name), ()) if is_like(party, named)]
        if len(like) == 1:
            self.found[key] = like[0]
        return self.found.get(key)

    @cached_property
    def current(self) -> dict[str, list[Party]]:
        """By name. Whoever is named by this file stands in `found`."""
        by_name: dict[str, list[Party]] = {}
        for party in Party.objects.current().filter(organisation=self.organisation).order_by("pk"):
            by_name.setdefault(alike(party.name), []).append(party)
        return by_name

    def name_principals(self) -> None:
        """For whom a nominee holds must be named before the nominee is (FATF-07)."""
        for line in self.filed.lines:
            if line.held_for and not self.known(line.held_for):
                self.safely(line, partial(self.principal, line))

    def principal(self, line: Line) -> None:
        named = self.filed.parties.get(line.held_for)
        if named is None:
            raise Refused(_("Say who %(name)s is in a row of its own.") % {"name": line.held_for})
        told = {"name": named.name, "native_name": named.native_name, "country": named.country, "birth_date": full_day(named)}
        self.found[line.held_for] = actions.name_principal(self.organisation, **told, by=self.by)

    def enter(self, line: Line) -> None:
        self.safely(line, partial(self.declare, line))

    def safely(self, line: Line, act: Callable[[], None]) -> None:
        try:
            with transaction.atomic():
                act()
        except Refused as refusal:
            self.entered.refused.append((line.where, str(refusal)))

    def declare(self, line: Line) -> None:
        owned, owner = self.found[line.owned], self.known(line.owner)
        behind = self.known(line.held_for) if line.held_for else None
        standing = self.standing(owned, owner, line, behind) if owner else None
        who = {"owner": self.called(line.owner), "owned": owned.name}
        is_dated = bool(standing and line.since and line.since != standing.held_since)
        if standing and is_dated:
            actions.say_since(standing, held_since=line.since, by=self.by)
        if standing and is_same_share(standing.share, line.share) and is_dated:
            told = who | {"day": line.since}
            self.entered.changed.append((line.where, _("%(owner)s in %(owned)s: held since %(day)s.") % told))
        elif standing and is_same_share(standing.share, line.share):
            self.entered.as_before.append((line.where, _("%(owner)s in %(owned)s stands as it is.") % who))
        elif standing:
            actions.change_share(standing, share=line.share, by=self.by)
            before, now = (share or _("unknown") for share in (standing.share, line.share))
            told = who | {"before": before, "now": now}
            self.entered.changed.append((line.where, _("%(owner)s in %(owned)s: %(now)s instead of %(before)s.") % told))
        else:
            declared = actions.declare_owner(
                self.organisation, owned=owned, interest=line.interest, share=line.share, held_for=behind,
                is_indirect=line.is_indirect, held_since=line.since,
                **({"owner": owner} if owner else self.description(line.owner)), by=self.by,
            )  # fmt: skip
            self.found[line.owner] = declared.owner
            self.entered.named.append((line.where, _("%(owner)s is named as an owner of %(owned)s.") % who))

    def standing(self, owned: Party, owner: Party, line: Line, behind: Party | None) -> Interest | None:
        live = Interest.objects.live().filter(owned=owned, owner=owner, kind=line.interest, held_for=behind)
        return live.first()

    def description(self, key: str) -> Mapping[str, str]:
        named = self.filed.parties[key]
        if not named.kind:
            raise Refused(_("Say whether %(name)s is a person, a company, a trust or a state.") % {"name": named.name})
        return {
            "kind": named.kind,
            "name": named.name,
            "native_name": named.native_name,
            "country": named.country,
            "hq_country": named.hq_country,
            "registration_number": named.registration_number,
            "register": named.register,
            "lei": named.lei,
            "tax_number": named.tax_number,
            "tax_country": named.tax_country,
            "birth_date": full_day(named),
        }


def full_day(named: Named) -> str:
    """A year alone, as files for others have it, is no date of birth."""
    return named.birth_date if len(named.birth_date) == 10 else ""


def is_like(party: Party, named: Named) -> bool:
    if alike(party.name) != alike(named.name) or (named.kind and party.kind != named.kind):
        return False
    pairs = (
        (party.birth_date, named.birth_date),
        (party.registration_number, named.registration_number),
        (party.lei, named.lei),
    )
    return all(not one or not other or str(one).startswith(other) for one, other in pairs)


def is_same_share(stands: str, filed: str) -> bool:
    """Also where the file could write it only in so many decimals."""
    one, other = (shares.parse(text) for text in (stands, filed))
    return one == other or standard.written(one) == standard.written(other)
