"""What becomes of a pair, a party and a list entry, when it is compared again.

A match is a row for the pair as both sides were. As long as neither changes that row stands with the ruling on it, in whatever
version of the list the entry is found. Once one has changed, or the list has the entry no more and somebody had confirmed it, a
new row follows it, open again: nothing that a list does closes a match by itself.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts import audit, proposals
from kyc.parties.models import Party
from kyc.rules.packs import Pack
from kyc.screening import compared
from kyc.screening.entries import Entry
from kyc.screening.index import COMPARED, Index
from kyc.screening.match import Match
from kyc.screening.models import Hit, ListEntry, ListVersion
from kyc.screening.weighing import CURRENT, ENGINE

# The party's number, the list's source, the publisher's number of the entry.
Key = tuple[int, str, str]


class Turn(StrEnum):
    NEW = "found"
    RETURNED = "returned"
    GONE = "gone"
    DROPPED = "dropped"


@dataclass(frozen=True)
class State:
    """Of a pair as it is now: what the publisher says of the entry, None where it is on the list no more; what of the party is
    compared; and whether the two are alike."""

    content: str | None
    digest: str
    is_alike: bool


def turn(last: Hit | None, now: State) -> Turn | None:
    """None where the newest row stands as it is, or where there is nothing to write down."""
    if last is None:
        return Turn.NEW if now.is_alike and now.content is not None else None
    is_confirmed = last.ruling == Hit.Ruling.TRUE
    if now.content is None:
        return Turn.GONE if is_confirmed and not last.is_gone else None
    is_same_party = last.party_digest == now.digest
    if is_same_party and last.entry_content == now.content and not last.is_gone:
        return None
    if now.is_alike or is_confirmed or (last.is_gone and last.is_open):
        return Turn.RETURNED
    if not last.is_match:
        return None
    # What only the list has changed asks on; a party that is called otherwise is somebody else.
    return Turn.RETURNED if last.is_open and is_same_party else Turn.DROPPED


def newest(parties: Collection[int], sources: Collection[str]) -> QuerySet[Hit]:
    """The last row of each pair of these, whatever it says."""
    later = Hit.objects.filter(before=OuterRef("pk"))
    return Hit.objects.filter(~Exists(later), party__in=parties, source__in=sources).select_related("proposal", "overturning")


def likest(index: Index, party: Party, *, least: float, limit: int = COMPARED) -> dict[tuple[int, str], Match]:
    """By list version and entry, what of the party's names comes closest to it."""
    best: dict[tuple[int, str], Match] = {}
    for subject in compared.subjects(party):
        for match in index.find(subject, least=least, limit=limit):
            key = (match.entry.version, match.entry.id)
            if key not in best or match.score > best[key].score:
                best[key] = match
    return best


@dataclass
class Comparing:
    """Parties of one organisation, compared with `versions`, of each source the one in use; `found` are all matches from the
    line on. Only entries that are `touched`, by source and number, are looked at, and all where that is None. For those who
    hold the organisation's row."""

    parties: Mapping[int, Party]
    versions: Collection[ListVersion]
    index: Index
    pack: Pack
    touched: Collection[tuple[str, str]] | None = None
    turned: list[tuple[Turn, Hit]] = field(default_factory=list)

    def settle(self, found: Mapping[int, Iterable[Match]]) -> list[Hit]:
        """The rows that were written. Repeated, it is silence."""
        of_version = {version.pk: version for version in self.versions}
        matches: dict[Key, Match] = {
            (party, of_version[match.entry.version].source, match.entry.id): match
            for party, those in found.items()
            for match in those
        }
        last = {(hit.party_id, hit.source, hit.entry_id): hit for hit in self.last()}
        exact = {pk: compared.facts(party) for pk, party in self.parties.items()}
        digests = {pk: compared.digest(told) for pk, told in exact.items()}
        contents = self.contents([*matches, *last])
        rows = []
        for key in sorted({*matches, *last}):
            party, source, entry = key
            content = contents.get((source, entry))
            turned = turn(last.get(key), State(content, digests[party], key in matches))
            if turned:
                rows.append((turned, self.row(key, turned, last.get(key), matches.get(key), content, exact[party])))
        Hit.objects.bulk_create(hit for _, hit in rows)
        for turned, hit in rows:
            self.told(turned, hit)
            if hit.before is not None:
                lapse(hit.before)
        self.turned = rows
        return [hit for _, hit in rows]

    def last(self) -> Iterable[Hit]:
        sources = {version.source for version in self.versions}
        for hit in newest(list(self.parties), sources):
            if self.touched is None or (hit.source, hit.entry_id) in self.touched:
                yield hit

    def contents(self, keys: Iterable[Key]) -> dict[tuple[str, str], str]:
        sources = {version.pk: version.source for version in self.versions}
        ids = {entry for _, _, entry in keys}
        rows = ListEntry.objects.filter(version__in=sources, entry_id__in=ids)
        return {(sources[row[0]], row[1]): row[2] for row in rows.values_list("version_id", "entry_id", "content")}

    def row(
        self, key: Key, turned: Turn, last: Hit | None, match: Match | None, content: str | None, exact: dict[str, str]
    ) -> Hit:
        pk, source, entry_id = key
        version = next(version for version in self.versions if version.source == source)
        party = self.parties[pk]
        if match is None and last is not None and turned != Turn.GONE:
            match = likest(self.index, party, least=0.0).get((version.pk, entry_id))
        if turned == Turn.GONE and last is not None:
            told: dict[str, Any] = {name: getattr(last, name) for name in ("entry_name", "topics", "score", "reasons")}
        else:
            told = {"score": match.score, "reasons": list(match.reasons)} if match else {"score": 0, "reasons": []}
            told |= self.of_entry(match.entry if match else None, version, entry_id)
        return Hit(
            organisation_id=party.organisation_id,
            party=party,
            source=source,
            list_version=version,
            entry_id=entry_id,
            entry_content=content if content is not None or last is None else last.entry_content,
            party_name=party.name,
            party_digest=compared.digest(exact),
            compared=compared.kept(exact),
            engine=ENGINE,
            configuration=match.configuration if match else CURRENT,
            is_match=turned != Turn.DROPPED,
            is_strong=float(told["score"]) >= self.pack.strong_match,
            is_gone=turned == Turn.GONE,
            before=last,
            **told,
        )

    def of_entry(self, entry: Entry | None, version: ListVersion, entry_id: str) -> dict[str, Any]:
        if entry is not None:
            return {"entry_name": entry.name, "topics": list(entry.topics)}
        row = ListEntry.objects.get(version=version, entry_id=entry_id)
        return {"entry_name": row.name, "topics": row.topics}

    def told(self, turned: Turn, hit: Hit) -> None:
        """What was found with nobody asking, or came back, is told by itself; what a round finds anew, with the round."""
        if turned == Turn.NEW and self.touched is None:
            return
        told = {"entry": hit.entry_id, "list": hit.source, "version": hit.list_version_id, "name": hit.entry_name}
        audit.record(f"hit.{turned}", target=hit, by=None, **told)


def lapse(hit: Hit) -> None:
    """What waits for a second person is about a comparing that counts no more: nobody could end it any other way."""
    for proposal, verb in ((hit.proposal, "hit.ruling_lapsed"), (hit.overturning, "hit.overturning_lapsed")):
        if proposal is not None and proposals.lapse(proposal):
            audit.record(verb, target=hit, by=None, ruling=proposal.choice, code=proposal.reason, entry=hit.entry_id)


def carried(hits: Iterable[Hit], versions: Collection[ListVersion], earlier: Collection[int]) -> None:
    """Tells of each ruling that it holds on, unchanged, in a version in which it was not made; of those in `earlier`, by number,
    it was told before."""
    newer = {version.source: version for version in versions if version.pk not in earlier}
    for hit in hits:
        version = newer.get(hit.source)
        if hit.ruling in (Hit.Ruling.TRUE, Hit.Ruling.FALSE) and version and version.pk != hit.list_version_id:
            told = {"ruling": hit.ruling, "code": hit.ruling_reason, "entry": hit.entry_id}
            ruled = {"ruled_by": str(hit.ruled_by), "ruled_at": hit.ruled_at.isoformat() if hit.ruled_at else ""}
            audit.record("hit.carried", target=hit, by=None, ruled_in=hit.list_version_id, version=version.pk, **told, **ruled)
