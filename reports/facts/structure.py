"""Sections of the report on ownership and control: who is a beneficial owner and by which route, who controls by an office, what
is held for others or in a trust, which entities stand between, and who is the ultimate parent."""

from collections.abc import Iterator
from typing import Any

from kyc.cases.models import DecidedOwner
from kyc.ownership import trusts
from kyc.ownership.bods import records
from kyc.ownership.bods.writing import Owner
from kyc.ownership.interests import has_size
from kyc.ownership.models import Interest, counted_owner
from kyc.ownership.shares import NONE, parse, shown
from kyc.parties import addresses, identifying
from kyc.parties.models import Attribute, Party, Role
from reports.bods import Export, unpublished
from reports.facts import examined
from reports.facts.customer import DIRECTLY, INDIRECTLY
from reports.facts.determined import determinations
from reports.facts.reader import Reader, country, day
from reports.facts.unshared import share_or_how

Facts = dict[str, Any]
NOT_DECIDED = "determined, not decided on by officers"
MAY_BE = "may be one: it can't be decided from what is known"
BY_OFFICE = "controls the customer by office"
NOBODY = "No beneficial owner was found from what was declared."
NOT_ASKED = "The customer is no company or trust, so it has no beneficial owners."
INDIRECT = "through others"
PARENT = "ultimate-parent"


def beneficial(reader: Reader) -> Facts:
    """Who is a beneficial owner, as bods.json says it: by the decision that holds, else by what the rule makes of what was
    declared. Where nobody is one, why, and what was done to find one."""
    if reader.customer is None or not records.is_entity(reader.customer):
        return {"rows": [], "steps": [], "none": NOT_ASKED if reader.customer else NOBODY}
    export = Export(reader, reader.is_full)
    rows = [owner_row(export, owner) for owner in export.owners]
    return {"rows": rows, "steps": list(steps(export)), "none": "" if rows else NOBODY}


def owner_row(export: Export, owner: Owner) -> Facts:
    reader, pk = export.reader, int(owner.key.removeprefix("party-"))
    party, verdict, counted = reader.parties[pk], export.verdicts.get(str(pk)), export.by_shares.get(str(pk))
    share = counted.share if counted else NONE
    return {
        "party_id": pk,
        "party": party.name,
        "native_name": party.native_name,
        "nationality": country(party.country),
        "residence": residence(party),
        "born": reader.born(party),
        "standing": standing(export, owner, pk),
        "because": because(export, pk),
        "controls": "yes" if owner.controls else "no",
        "share": share_or_how(reader, pk, share, is_sure=owner.is_sure),
        "min": str(share.min),
        "max": str(share.max),
        "interests": [held(reader, row) for row in export.interests if counted_owner(row) == pk],
        "directly": told_directly(export, owner),
        "route": list(verdict.why) if verdict else [],
    }


def residence(party: Any) -> str:
    """The country of the address, where that was told apart."""
    known = addresses.of(party, "address")
    return country(known.country) if known else ""


def standing(export: Export, owner: Owner, party: int) -> str:
    word = export.decided.standing(party) if export.decided else ""
    if export.decided and word:
        return f"{DecidedOwner.Standing(word).label}, decided on {export.decided.on.isoformat()}"
    if owner.holds:
        return NOT_DECIDED
    return BY_OFFICE if owner.controls else MAY_BE


def because(export: Export, party: int | None) -> str:
    """The officers' reason, where they departed from what was determined."""
    return str(export.decided.rows[party].because) if export.decided and party in export.decided.rows else ""


def told_directly(export: Export, owner: Owner) -> str:
    own = any((tie.owner, tie.owned) == (owner.key, export.subject) for tie in export.ties)
    through = bool(owner.through)
    return "directly and through others" if own and through else INDIRECT if through else "directly" if own else "not known"


def held(reader: Reader, row: Any) -> Facts:
    """One interest of a beneficial owner, at whatever level."""
    is_sized = has_size(row.kind)
    return {
        "interest": str(Interest.Kind(row.kind).label),
        "owned": reader.brief(row.owned_id),
        "share": shown(parse(row.share)) if is_sized else "",
        "held": INDIRECTLY if row.is_indirect else DIRECTLY,
        "by": reader.brief(row.owner_id) if row.held_for_id else "",
        "since": row.held_since,
    }


def steps(export: Export) -> Iterator[Facts]:
    """What was done to find an owner where none was found, and who stands in (AMLR-07, FATF-03)."""
    for party, row in export.decided.rows.items() if export.decided else ():
        if row.standing in (DecidedOwner.Standing.NOBODY, DecidedOwner.Standing.OFFICIAL):
            yield {
                "party": export.reader.brief(party) if party else "",
                "standing": str(DecidedOwner.Standing(row.standing).label),
                "on": export.decided.on.isoformat() if export.decided else "",
                "done": row.because,
            }


def offices(reader: Reader) -> list[Facts]:
    """Who controls or directs the customer by an office, whatever he owns."""
    kinds = (Role.Kind.CONTROLLER, Role.Kind.DIRECTOR)
    return [
        {
            "party": reader.name(pk),
            "about": reader.about(pk),
            "office": str(Role.Kind(role.kind).label),
            "title": role.title,
            "declared_on": day(role.valid_from),
        }
        for pk, roles in sorted(reader.roles.items())
        for role in roles
        if role.kind in kinds
    ]


def on_behalf(reader: Reader) -> list[Facts]:
    """Nominees with whom they hold for, and every role in a trust (FATF-04, FATF-07)."""
    rows = [row for row in reader.held(Interest) if {row.owner_id, row.owned_id} <= reader.parties.keys()]
    told = []
    for row in rows:
        if row.held_for_id in reader.parties:
            told.append(standing_for(reader, row, "nominee", reader.brief(row.held_for_id)))
        elif row.kind in trusts.ROLES:
            told.append(standing_for(reader, row, trusts.ROLES[row.kind], ""))
    return told


def standing_for(reader: Reader, row: Any, role: str, of: str) -> Facts:
    return {
        "party": reader.name(row.owner_id),
        "about": reader.about(row.owner_id),
        "role": role,
        "held_for": of,
        "owned": reader.brief(row.owned_id),
        "since": row.held_since,
        "declared_on": day(row.valid_from),
    }


def entities(reader: Reader) -> list[Facts]:
    """Every company, trust and state body in the structure, with what it is registered by, and from where it is run."""
    rows = [reader.parties[pk] for pk in sorted(involved(reader)) if records.is_entity(reader.parties[pk])]
    return [
        {
            "party_id": row.pgh_obj_id,
            "party": row.name,
            "native_name": row.native_name,
            "kind": str(Party.Kind(row.kind).label),
            "legal_form": row.legal_form,
            "jurisdiction": country(row.country),
            "headquarters": country(reader.headquarters(row)),
            "scheme": identifying.scheme(row).removesuffix("-") if records.readable(row.registration_number) else "",
            "register": identifying.register_name(row) if records.readable(row.registration_number) else "",
            "number": records.readable(row.registration_number),
            "lei": row.lei,
            "domain": row.domain,
        }
        for row in rows
    ]


def persons(reader: Reader) -> list[Facts]:
    """Everybody in the structure who is no entity: for the attached table; the pages tell each where he stands."""
    rows = [reader.parties[pk] for pk in sorted(involved(reader)) if not records.is_entity(reader.parties[pk])]
    return [
        {
            "party_id": row.pgh_obj_id,
            "party": row.name,
            "native_name": row.native_name,
            "kind": str(Party.Kind(row.kind).label),
            "nationality": country(row.country),
            "residence": residence(row),
            "born": reader.born(row),
        }
        for row in rows
    ]


def involved(reader: Reader) -> set[int]:
    return Export(reader, False).involved & reader.parties.keys() if reader.customer else set()


def parents(reader: Reader) -> list[Facts]:
    """Who is the customer's ultimate parent: as it told, and by the arithmetic of the last round; each with the country of its
    headquarters (OWN-04)."""
    if reader.customer is None:
        return []
    told = reader.attributes.get((reader.customer.pgh_obj_id, Attribute.What.PARENT))
    rows = []
    if told and told.parent_id in reader.parties:
        rows.append(parent(reader, told.parent_id, str(Attribute.Source(told.source).label), "", []))
    for regime in determinations(reader):
        if regime["regime"] == PARENT:
            found = [row for row in regime["verdicts"] if row["party_id"] in reader.parties]
            rows += [parent(reader, row["party_id"], "by the arithmetic", row["verdict"], row["why"]) for row in found]
    return rows


def parent(reader: Reader, party: int, how: str, verdict: str, why: list[str]) -> Facts:
    return {
        "party": reader.name(party),
        "about": reader.about(party),
        "how": how,
        "verdict": verdict,
        "headquarters": country(reader.headquarters(reader.parties[party])),
        "why": why,
    }


def compared(reader: Reader) -> Facts:
    """On which lists the verdicts rest, and how many possible matches wait: nothing of any match beside what the verdicts say of
    it, since this report is for readers who are not told of them."""
    found = examined.screening(reader)
    return {"rounds": found["rounds"][-1:], "open": found["open"]}


def bods(reader: Reader) -> list[Facts]:
    """The statements of bods.json; the attached file names the provider where they leave room for it."""
    return unpublished(reader, full=reader.is_full)
