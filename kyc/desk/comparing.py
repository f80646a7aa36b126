"""A possible match as an officer reads it: what was declared beside what the list says; of one that came back what has changed
since it was ruled on; the ruling that waits for a second person; and how a ruling that was wrong is overturned."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Proposal
from kyc.cases.models import Case, Examination
from kyc.desk import forms, words
from kyc.desk.masking import Private, Veil
from kyc.parties.models import Party
from kyc.screening import compared as comparing
from kyc.screening import lists
from kyc.screening.actions import REASONS
from kyc.screening.entries import Topic
from kyc.screening.models import Hit, ListEntry, ListVersion

SIDES: dict[str, Promise] = {"party": gettext_lazy("Declared"), "entry": gettext_lazy("On the list")}
FACTS: dict[str, Promise] = {
    "name": gettext_lazy("Name"),
    "names": gettext_lazy("Names"),
    "native_name": gettext_lazy("In its own script"),
    "kind": gettext_lazy("What"),
    "birth_date": gettext_lazy("Born"),
    "birth_dates": gettext_lazy("Born"),
    "country": gettext_lazy("Country"),
    "countries": gettext_lazy("Countries"),
    "hq_country": gettext_lazy("Headquarters"),
    "registration_number": gettext_lazy("Number"),
    "identifiers": gettext_lazy("Numbers"),
    "programmes": gettext_lazy("Programmes"),
    "topics": gettext_lazy("Why listed"),
    "remarks": gettext_lazy("Remarks"),
    "other": gettext_lazy("Something that is not kept here, such as an address"),
}
TOPICS: dict[str, Promise] = {
    Topic.SANCTION: gettext_lazy("sanctions"),
    Topic.EXPORT: gettext_lazy("export control"),
    Topic.PEP: gettext_lazy("politically exposed"),
    Topic.CRIME: gettext_lazy("crime"),
    Topic.OWN: gettext_lazy("our own list"),
}


@dataclass(frozen=True)
class Changed:
    """One row of what has changed: on which side, what, and what was there and is now."""

    side: str | Promise
    what: str | Promise
    gone: str
    added: str


@dataclass(frozen=True)
class Compared:
    """The rows are what is compared, as declared, and as listed. `since` is the earlier match that was ruled on, or just came
    before, and `changes` what has changed since; `gone` the version since which the list has the entry no more; `holds` the
    version in which a ruling made before holds on; `later` the match that followed. `overturn` is the form to overturn the ruling
    while it stands, `doubt` what a second person says of that."""

    hit: Hit
    rows: list[tuple[Any, Any, str]]
    form: forms.RulingForm
    second: forms.SecondForm
    since: Hit | None = None
    changes: tuple[Changed, ...] = ()
    gone: ListVersion | None = None
    holds: ListVersion | None = None
    later: Hit | None = None
    overturn: forms.OverturnForm | None = None
    doubt: forms.SecondForm | None = None

    @property
    def overturned_by(self) -> Hit | None:
        """What an officer has ruled instead."""
        return self.later if self.later and self.later.overturns_id else None

    @property
    def overturned_reason(self) -> str:
        return reason_of(self.later) if self.later else ""

    @property
    def reason(self) -> str:
        return reason_of(self.hit)

    @property
    def since_reason(self) -> str:
        return reason_of(self.since) if self.since else ""

    @property
    def proposed(self) -> str:
        """The ruling that waits, or was sent back, in words."""
        return choice_of(self.hit.proposal)

    @property
    def proposed_reason(self) -> str:
        return why_of(self.hit.proposal)

    @property
    def doubted(self) -> str:
        """What somebody wants to be ruled instead, in words."""
        return choice_of(self.hit.overturning)

    @property
    def doubted_reason(self) -> str:
        return why_of(self.hit.overturning)

    @property
    def is_sent_back(self) -> bool:
        return bool(self.hit.is_open and self.hit.proposal and self.hit.proposal.outcome == "declined")


def choice_of(proposal: Proposal | None) -> str:
    return str(Hit.Ruling(proposal.choice).label) if proposal else ""


def why_of(proposal: Proposal | None) -> str:
    return str(REASONS[proposal.choice].get(proposal.reason, proposal.reason)) if proposal else ""


def reason_of(hit: Hit) -> str:
    return str(REASONS.get(hit.ruling, {}).get(hit.ruling_reason, hit.ruling_reason))


def page(
    case: Case,
    every: list[Hit],
    current: Collection[int],
    examination: Examination | None,
    veil: Veil,
    filled: dict[str, Any],
) -> list[Compared]:
    """Each of the case's matches, ready to be drawn; with a few queries, however many there are. `every` row of the organisation,
    also those that tell that two are no longer alike."""
    hits = [hit for hit in every if hit.is_match]
    later = {hit.before_id: hit for hit in every if hit.before_id}
    befores = {hit.pk: before for hit in hits if hit.pk in current and (before := comparing.ruled_before(hit))}
    entries = entries_of([*hits, *befores.values()])
    gone = lists.gone([hit for hit in hits if hit.pk in current])
    used = used_by(examination)
    return [
        Compared(
            hit,
            compared(hit, entries.get((hit.list_version_id, hit.entry_id)), veil),
            form_of(case, hit, filled, is_open=hit.pk in current and hit.is_open and not hit.waits, is_gone=hit.pk in gone),
            second_of(case, hit, filled),
            since=befores.get(hit.pk),
            changes=changes(befores.get(hit.pk), hit, entries),
            gone=gone.get(hit.pk),
            holds=holds_in(hit, used),
            later=later.get(hit.pk),
            overturn=overturn_of(case, hit, filled, is_last=hit.pk not in later, is_gone=hit.pk in gone),
            doubt=doubt_of(case, hit, filled, is_last=hit.pk not in later),
        )
        for hit in hits
    ]


def entries_of(hits: Iterable[Hit]) -> dict[tuple[int, str], ListEntry]:
    every = list(hits)
    found = ListEntry.objects.filter(
        version__in={hit.list_version_id for hit in every}, entry_id__in={hit.entry_id for hit in every}
    )
    return {(entry.version_id, entry.entry_id): entry for entry in found}


def used_by(examination: Examination | None) -> dict[str, ListVersion]:
    """The versions of the newest round, by source."""
    found = ListVersion.objects.in_bulk([used["id"] for used in examination.lists] if examination else [])
    return {version.source: version for version in found.values()}


def holds_in(hit: Hit, used: dict[str, ListVersion]) -> ListVersion | None:
    newest = used.get(hit.source)
    is_later = newest is not None and newest.pk != hit.list_version_id and newest.published >= hit.list_version.published
    return newest if is_later and hit.is_match and not hit.is_open else None


def form_of(case: Case, hit: Hit, filled: dict[str, Any], *, is_open: bool, is_gone: bool) -> forms.RulingForm:
    returned: forms.RulingForm | None = filled.get("ruling_form")
    if returned is not None and filled.get("ruled_pk") == hit.pk:
        return returned
    actions = (reverse("desk:rule", args=[case.pk, hit.pk]),) if is_open else ()
    return forms.RulingForm(hit, actions=actions, is_gone=is_gone)


def second_of(case: Case, hit: Hit, filled: dict[str, Any]) -> forms.SecondForm:
    returned: forms.SecondForm | None = filled.get("second_form")
    if returned is not None and filled.get("ruled_pk") == hit.pk:
        return returned
    names = ("desk:ruling_confirm", "desk:ruling_send_back") if hit.waits else ()
    return forms.SecondForm(hit, actions=tuple(reverse(name, args=[case.pk, hit.pk]) for name in names))


def overturn_of(case: Case, hit: Hit, filled: dict[str, Any], *, is_last: bool, is_gone: bool) -> forms.OverturnForm | None:
    if filled.get("overturned_pk") == hit.pk and "overturn_form" in filled:
        return filled["overturn_form"]  # type: ignore[no-any-return]  # what the view has put there
    if not is_last or not hit.is_ruled or hit.is_doubted:
        return None
    return forms.OverturnForm(hit, actions=(reverse("desk:overturn", args=[case.pk, hit.pk]),), is_gone=is_gone)


def doubt_of(case: Case, hit: Hit, filled: dict[str, Any], *, is_last: bool) -> forms.SecondForm | None:
    if filled.get("overturned_pk") == hit.pk and "doubt_form" in filled:
        return filled["doubt_form"]  # type: ignore[no-any-return]  # as above
    if not is_last or not hit.is_doubted:
        return None
    names = ("desk:overturn_confirm", "desk:overturn_send_back")
    return forms.DoubtForm(hit, actions=tuple(reverse(name, args=[case.pk, hit.pk]) for name in names))


def compared(hit: Hit, entry: ListEntry | None, veil: Veil) -> list[tuple[Any, Any, str]]:
    party = hit.party
    born = veil.over(party, "birth_date")
    declared = {
        "name": hit.party_name,
        "native_name": party.native_name,
        "kind": party.get_kind_display(),
        "birth_date": born,
        "country": words.country(party.country),
        "registration_number": party.registration_number,
    }
    # The reasons say that it is the same day, so the listed one would tell the other.
    told = born.shown if isinstance(born, Private) and born.shown != party.birth_date else ""
    return side_by_side(declared, hit.entry_name, entry, masked={party.birth_date: told} if told else {})


def side_by_side(
    declared: Mapping[str, Any], name: str, entry: ListEntry | None, *, masked: Mapping[str, str] = MappingProxyType({})
) -> list[tuple[Any, Any, str]]:
    """What is compared, as it was declared or asked, and as it is listed under that name; of a listed birth date in `masked`
    what stands there."""
    born = [masked.get(day, day) for day in entry.birth_dates] if entry else []
    rows = [
        (_("Name"), declared.get("name"), name),
        (_("In its own script"), declared.get("native_name"), ""),
        (_("What"), declared.get("kind"), kind_listed(entry)),
        (_("Born"), declared.get("birth_date"), "; ".join(born)),
        (_("Country"), declared.get("country"), "; ".join(map(words.country, entry.countries)) if entry else ""),
        (_("Number"), declared.get("registration_number"), "; ".join(entry.identifiers) if entry else ""),
        (_("Also called"), "", "; ".join(entry.aliases) if entry else ""),
        (_("Programmes"), "", ", ".join(entry.programmes) if entry else ""),
    ]
    return [row for row in rows if row[1] or row[2]]


def kind_listed(entry: ListEntry | None) -> str:
    return kind(entry.kind) if entry else ""


def kind(code: str) -> str:
    if code == "other":
        return _("Vessel or aircraft")
    return str(Party.Kind(code).label) if code in Party.Kind.values else code


def topic(code: str) -> str:
    return str(TOPICS.get(code, code))


IN_WORDS: dict[str, Callable[[str], str]] = {
    "kind": kind,
    "country": words.country,
    "hq_country": words.country,
    "countries": words.country,
    "topics": topic,
}


def changes(before: Hit | None, hit: Hit, entries: dict[tuple[int, str], ListEntry]) -> tuple[Changed, ...]:
    if before is None:
        return ()
    old, new = (entries.get((one.list_version_id, one.entry_id)) for one in (before, hit))
    found = [*comparing.of_entry(old, new), *comparing.of_party(before.compared, hit.compared)]
    return tuple(map(in_words, found))


def in_words(change: comparing.Change) -> Changed:
    say = IN_WORDS.get(change.what, str)
    gone, added = ("; ".join(map(say, those)) for those in (change.gone, change.added))
    if gone == added and gone:
        # Of what is told by its year or its end alone.
        added = _("%(value)s, another than before") % {"value": added}
    return Changed(SIDES[change.side], FACTS[change.what], gone, added)
