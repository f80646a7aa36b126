"""What a file says of who owns a customer, row by row: CSV as people keep it in a spreadsheet, or the statements of BODS 0.4."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from typing import Any

from kyc.ownership import shares
from kyc.ownership.bods import reading
from kyc.ownership.bods import shares as standard
from kyc.ownership.bods.records import EIN, LEI, TAX_NUMBER
from kyc.ownership.bods.statements import ENTITY, PERSON, RELATIONSHIP, Statement, fields, items, read, text
from kyc.ownership.graph import SHAREHOLDING
from kyc.ownership.interests import OF_COMPANIES, OF_TRUSTS, OTHERWISE, has_size
from kyc.ownership.table import day_after
from kyc.parties import countries, registers

COLUMNS = (
    "owner", "owner_kind", "owner_country", "headquarters", "registration_number", "register", "lei", "tax_number", "tax_country",
    "birth_date", "owned", "interest", "share", "indirect", "held_for", "from", "to",
)  # fmt: skip
NEEDED = ("owner", "owned")
MOST_ROWS = 300
KINDS = {"person": "person", "company": "company", "entity": "company", "trust": "trust", "state": "state", "class": "unknown"}
# Plain words for some, besides those of the standard.
WORDS = {
    "": SHAREHOLDING,
    "shares": SHAREHOLDING,
    "votes": "votingRights",
    "profits": "rightsToProfitOrIncome",
    "dissolution": "rightsToSurplusAssetsOnDissolution",
    "board": "appointmentOfBoard",
    "contract": "rightsGrantedByContract",
    "control": OTHERWISE,
    "beneficiary": "beneficiaryOfLegalArrangement",
}
ENTERED = (*OF_COMPANIES, *OF_TRUSTS)
YES_OR_NO = {"": False, "no": False, "yes": True}
# What these statements mean is told on other pages, or is known from the rest of the file.
ELSEWHERE = ("seniorManagingOfficial", "boardMember", "boardChair")
TYPES = {"arrangement": "trust", "state": "state", "stateBody": "state"}


# As kyc.ownership.bods writes it.
SINCE = re.compile(r"held since (\d{4}(?:-\d{2})?)$", re.ASCII)


class BadFile(ValueError):
    """The file can't be read; the message says where and why."""


@dataclass(frozen=True)
class Named:
    """A party as the file names it; `key` is what its rows call it by."""

    key: str
    kind: str = ""
    name: str = ""
    native_name: str = ""
    country: str = ""
    hq_country: str = ""
    registration_number: str = ""
    # By org-id.guide's code; empty for that of the country.
    register: str = ""
    lei: str = ""
    tax_number: str = ""
    tax_country: str = ""
    birth_date: str = ""


@dataclass(frozen=True)
class Line:
    """One holding; `where` is its place in the file, `owner`, `owned` and `held_for` are keys."""

    where: str
    owner: str
    owned: str
    interest: str = SHAREHOLDING
    share: str = ""
    held_for: str = ""
    is_indirect: bool = False
    # A year, a month or a day; empty where the file doesn't say.
    since: str = ""


@dataclass(frozen=True)
class Filed:
    """`subject` is the key of the customer itself, empty where its name alone says who that is; `left_out` is what the file says
    besides and what is not entered, in sentences with their place."""

    parties: Mapping[str, Named]
    lines: Sequence[Line]
    subject: str = ""
    left_out: Sequence[tuple[str, str]] = field(default_factory=list)


def from_csv(content: str) -> Filed:
    """A row for each holding. Who is named twice is described where he first is. Raises BadFile."""
    rows = csv.DictReader(StringIO(content.lstrip("\ufeff"), newline=""), strict=True)
    parties: dict[str, Named] = {}
    lines: list[Line] = []
    left_out: list[tuple[str, str]] = []
    try:
        check_columns(rows.fieldnames)
        for row in rows:
            where = f"line {rows.line_num}"
            if None in row or None in row.values():
                raise BadFile(f"{where}: the row has not as many fields as the first line.")
            clean = {name.strip(): value.strip() for name, value in row.items()}
            if not any(clean.values()):
                continue
            if len(lines) >= MOST_ROWS:
                raise BadFile(f"The file has more than {MOST_ROWS} rows. Enter it in parts.")
            if has_ended(clean.get("to", ""), where):
                left_out.append((where, f"{clean['owner']} holds it no longer."))
                continue
            lines.append(line_of(clean, where, parties))
    except csv.Error as bad:
        raise BadFile(f"line {rows.line_num + 1}: can't be read as CSV ({bad}).") from None
    return Filed(parties, lines, left_out=left_out)


def check_columns(names: Iterable[str] | None) -> None:
    given = [name.strip() for name in names or ()]
    for name in NEEDED:
        if name not in given:
            raise BadFile(f"line 1: the column {name} is missing. The columns are {', '.join(COLUMNS)}.")
    for name in given:
        if name not in COLUMNS:
            raise BadFile(f"line 1: the column {name or '(no name)'} is not known. The columns are {', '.join(COLUMNS)}.")
        if given.count(name) > 1:
            raise BadFile(f"line 1: the column {name} stands there twice.")


def has_ended(day: str, where: str) -> bool:
    try:
        return bool(day) and day_after(day) <= date.today()
    except ValueError as bad:
        raise BadFile(f"{where}: {bad}") from None


def line_of(row: Mapping[str, str], where: str, parties: dict[str, Named]) -> Line:
    if not row["owner"] or not row["owned"]:
        raise BadFile(f"{where}: write who owns and what is owned.")
    word, kind, indirect = row.get("interest", ""), row.get("owner_kind", ""), row.get("indirect", "")
    interest = WORDS.get(word, word)
    if interest not in ENTERED:
        known = ", ".join(dict.fromkeys([*filter(None, WORDS), *ENTERED]))
        raise BadFile(f"{where}: the interest {word} is not known; write nothing for shares, or one of {known}.")
    if indirect not in YES_OR_NO:
        raise BadFile(f"{where}: {indirect} says neither yes nor no; in the column indirect write yes, or nothing.")
    if row.get("share") and not has_size(interest):
        raise BadFile(f"{where}: the interest {word} has no share; leave it empty.")
    if kind and kind not in KINDS:
        raise BadFile(f"{where}: the kind {kind} is not known; kinds are person, company, trust, state and class.")
    try:
        shares.parse(row.get("share", ""))
    except shares.BadShare as bad:
        raise BadFile(f"{where}: {bad}") from None
    parties.setdefault(
        row["owner"],
        Named(
            key=row["owner"],
            kind=KINDS.get(kind, ""),
            name=row["owner"],
            country=row.get("owner_country", "").upper(),
            hq_country=row.get("headquarters", "").upper(),
            registration_number=row.get("registration_number", ""),
            register=row.get("register", "").upper(),
            lei=row.get("lei", ""),
            tax_number=row.get("tax_number", ""),
            tax_country=row.get("tax_country", "").upper(),
            birth_date=row.get("birth_date", ""),
        ),
    )
    return Line(
        where,
        row["owner"],
        row["owned"],
        interest,
        share=row.get("share", ""),
        held_for=row.get("held_for", ""),
        is_indirect=YES_OR_NO[indirect],
        since=row.get("from", ""),
    )


def from_statements(statements: Any, *, on: date) -> Filed:
    """Of statements that keep to the schema. An indirect interest is known from its components; what nominees hold is theirs, for
    whom they are nominated. Raises BadFile."""
    try:
        live = reading.current(read(statements), on)
        about = {statement.about for statement in live.values()}
        if len(about) != 1:
            raise BadFile(f"The file is about {len(about)} declaration subjects; one is entered at a time.")
        parties = {record: described(found) for record, found in live.items() if found.type in (ENTITY, PERSON)}
        ties = [found for found in live.values() if found.type == RELATIONSHIP and found.subject in parties]
        nominations = arranged([tie for tie in ties if tie.party in parties], live)
        lines: list[Line] = []
        left_out: list[tuple[str, str]] = []
        for tie in ties:
            if tie.subject in nominations:
                continue
            found, others = lines_of(tie, parties, nominations, on)
            lines += found
            left_out += [(f"statement {tie.index + 1}", sentence) for sentence in others]
    except reading.BadStatement as bad:
        raise BadFile(str(bad)) from None
    if len(lines) > MOST_ROWS:
        raise BadFile(f"The file states more than {MOST_ROWS} holdings. Enter it in parts.")
    return Filed({key: party for key, party in parties.items() if key not in nominations}, lines, about.pop(), left_out)


def arranged(ties: Iterable[Statement], live: Mapping[str, Statement]) -> dict[str, tuple[str, str]]:
    """Arrangements of nomination: the nominee, and for whom he is it."""
    found: dict[str, dict[str, str]] = {}
    for tie in ties:
        details = fields(live[tie.subject].details.get("entityType"))
        if details.get("subtype") == "nomination" and tie.party:
            for interest in tie.interests:
                found.setdefault(tie.subject, {})[text(interest.get("type"))] = tie.party
    return {
        key: (ends.get("nominee", ends["nominator"]), ends["nominator"]) for key, ends in found.items() if "nominator" in ends
    }


def lines_of(
    tie: Statement, parties: Mapping[str, Named], nominations: Mapping[str, tuple[str, str]], on: date
) -> tuple[list[Line], list[str]]:
    where, lines, left_out = f"statement {tie.index + 1}", [], []
    if tie.party not in parties:
        return [], ["It names no owner, so nothing is entered of it."]
    owner, behind = nominations.get(tie.party, (tie.party, ""))
    for interest in tie.interests:
        kind = text(interest.get("type"))
        if not reading.holds(tie, interest, on) or kind in ELSEWHERE:
            continue
        is_indirect = interest.get("directOrIndirect") == "indirect"
        if is_indirect and tie.components:
            continue
        if kind not in ENTERED:
            left_out.append(f"The interest {kind or 'without a type'} is not entered here.")
            continue
        try:
            share = share_text(fields(interest.get("share")))
            shares.parse(share)
        except shares.BadShare:
            left_out.append(f"{parties[owner].name} holds nothing of it.")
            continue
        except ValueError as bad:
            raise BadFile(f"{where}: {bad}") from None
        if share and not has_size(kind):
            left_out.append(f"The interest {kind} has a share, {shares.as_stated(share)}; where it controls, enter it by hand.")
            continue
        held_for = behind if behind != owner else ""
        lines.append(Line(where, owner, tie.subject, kind, share, held_for, is_indirect, since_of(interest)))
    return lines, left_out


def since_of(interest: Mapping[str, Any]) -> str:
    """As it was told, where the details say that the day stands for a month or a year: the standard wants a day."""
    day = text(interest.get("startDate"))[:10]
    told = SINCE.search(text(interest.get("details")))
    return told[1] if told and day == f"{told[1]}-01-01"[:10] else day


def described(statement: Statement) -> Named:
    details = statement.details
    names = [fields(name) for name in items(details.get("names"))]
    other = next((text(name.get("fullName")) for name in names if name.get("type") == "alternative"), "")
    unnamed = text(fields(details.get("unspecifiedPersonDetails")).get("description"))
    is_person = statement.type == PERSON
    places = [fields(place) for place in items(details.get("nationalities"))] or [fields(details.get("jurisdiction"))]
    country = text(places[0].get("code"))[:2].upper()
    return Named(
        key=statement.record,
        kind=("unknown" if unnamed else "person") if is_person else TYPES.get(reading.type_of(statement), "company"),
        name=reading.name_of(statement) or unnamed,
        native_name=other if is_person else next(iter(filter(None, map(text, items(details.get("alternateNames"))))), ""),
        country=country,
        hq_country="" if is_person else reading.headquarters(details),
        **({} if is_person else numbers([fields(one) for one in items(details.get("identifiers"))], country)),
        birth_date=text(details.get("birthDate"))[:10] if is_person else "",
    )


def numbers(identifiers: Iterable[Mapping[str, Any]], country: str) -> dict[str, str]:
    """By the scheme of each. What no scheme is known of is a number of the register of the country."""
    found: dict[str, str] = {}
    for one in identifiers:
        number, scheme, name = (text(one.get(key)) for key in ("id", "scheme", "schemeName"))
        if scheme == LEI:
            found.setdefault("lei", number)
        elif scheme == EIN or name.startswith(TAX_NUMBER):
            found.setdefault("tax_number", number)
            found.setdefault("tax_country", "US" if scheme == EIN else of_name(name.removeprefix(f"{TAX_NUMBER}, ")))
        elif "registration_number" not in found:
            known = registers.known().get(scheme)
            found |= {"registration_number": number, "register": scheme if known and known.country == country else ""}
    return found


def of_name(country: str) -> str:
    """The code of a country that is written in English."""
    return next((code for code, name in countries.names("en").items() if name == country), "")


def share_text(share: Mapping[str, Any]) -> str:
    found = standard.stated(share)
    if found == shares.UNKNOWN:
        return ""
    if found.is_exact:
        return plain(share["exact"])
    if found.above and found.max == shares.ONE:
        return f">{plain(share['exclusiveMinimum'])}"
    return f"{shares.decimal(found.min, 12)[0]}-{shares.decimal(found.max, 12)[0]}"


def plain(number: Any) -> str:
    return shares.decimal(shares.per_cent_of(str(number)), 30)[0]
