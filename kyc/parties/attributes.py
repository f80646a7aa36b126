"""Where an entity was formed and has its headquarters, and who is its ultimate parent: what holds now, and what held when."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone

from accounts import audit
from accounts.models import User
from kyc.parties.models import Attribute, Party
from kyc.parties.wording import first_day
from kyc.parties.wording import since as told_since

W = Attribute.What
Rows = Iterable[Any]


def record(party: Party, *, formed_since: str | None = None, hq_since: str | None = None, by: User) -> None:
    """What the party says by now of its countries; of when, what is not given stays as it is. For those who hold the
    organisation's lock. A value that gave way to another keeps its days. Raises BadText."""
    if party.is_entity:
        say(party, W.FORMED, party.country, since=told(formed_since, "formed_since"), by=by)
        say(party, W.HEADQUARTERS, party.hq_country, since=told(hq_since, "hq_since"), by=by)


def told(since: str | None, field: str) -> str | None:
    return None if since is None else told_since(field, since)


def say(party: Party, what: str, country: str, *, since: str | None, by: User) -> None:
    before = Attribute.objects.live().filter(party=party, what=what).first()
    if before and before.country == country:
        if since is not None and since != before.since:
            dated(before, since, by=by)
        return
    follow(party, what, before=before, country=country, since=since or "", source=Attribute.Source.DECLARED, by=by)


def dated(row: Attribute, since: str, *, by: User) -> None:
    """Says anew since when it is so. What held before ends where this begins."""
    earlier = Attribute.objects.filter(party=row.party_id, what=row.what, valid_to=row.valid_from).exclude(pk=row.pk)
    row.since, row.valid_from = since, first_day(since) if since else timezone.localdate()
    row.save(update_fields=["since", "valid_from"])
    for one in earlier:
        one.valid_to = max(one.valid_from, row.valid_from)
        one.save(update_fields=["valid_to"])
    audit.record("attribute.dated", target=row, by=by, name=row.party.name, what=row.what, since=since)


def follow(
    party: Party,
    what: str,
    *,
    before: Attribute | None,
    country: str = "",
    parent: Party | None = None,
    since: str = "",
    source: str,
    by: User | None,
) -> None:
    """One value after another, which ends on the day on which the new one begins. No value only ends what stood."""
    start = first_day(since) if since else timezone.localdate()
    if before:
        before.valid_to = max(before.valid_from, start)
        before.save(update_fields=["valid_to"])
    if not country and not parent:
        return
    row = Attribute.objects.create(
        organisation_id=party.organisation_id,
        party=party,
        what=what,
        country=country,
        parent=parent,
        source=source,
        since=since,
        valid_from=start,
    )
    if before:
        now, was = (parent.name if parent else country), (before.parent.name if before.parent else before.country)
        audit.record("attribute.changed", target=row, by=by, name=party.name, what=what, before=was, now=now, since=since)


def determined(party: Party, parent: Party | None) -> None:
    """Whom the checks found at the top; None where they could not tell. Found again, it is silence."""
    before = Attribute.objects.live().filter(party=party, what=W.PARENT).select_related("parent").first()
    if (before.parent if before else None) != parent:
        follow(party, W.PARENT, before=before, parent=parent, source=Attribute.Source.DETERMINED, by=None)


def on(rows: Rows, day: date) -> dict[tuple[int, str], Any]:
    """By party and what: the value of that day, of attributes or rows of their history. Before the first day that was told
    stands what was told first: since when it was so is then not known."""
    found: dict[tuple[int, str], Any] = {}
    first: dict[tuple[int, str], Any] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        key = (row.party_id, row.what)
        if row.valid_to is not None and row.valid_to <= row.valid_from:
            continue
        first.setdefault(key, row)
        if row.valid_from <= day and (row.valid_to is None or day < row.valid_to):
            found[key] = row
    return {key: row for key, row in first.items() if day < row.valid_from} | found


def since_told(party: Party) -> dict[str, str]:
    """Since when, as it was told and as the forms ask it."""
    live = dict(Attribute.objects.live().filter(party=party).values_list("what", "since"))
    return {"formed_since": live.get(W.FORMED, ""), "hq_since": live.get(W.HEADQUARTERS, "")}
