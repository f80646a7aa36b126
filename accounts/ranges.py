"""Whose internet addresses are: files of VPN, hosting and proxy ranges, and of carriers, universities and offices, which an
administrator loads. What many come by who have nothing to do with each other then links nobody (accounts/signal_models.Hub).

A file is taken whole or not at all, in place of the one before it of the same name. It is read as its publishers write it:

    203.0.113.0/24              a network a line, or an operator as AS64500, what follows # or ; left out; `as_class` says whose
    cidr,class,name             CSV with these names in its first line; name may be left out

A range counts from the next sign-in or use on: addresses that were seen before are not kept, so they can't be looked up again.
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Range, RangeList
from accounts.refused import Refused

COLUMNS = ("cidr", "class", "name")
NEEDED = COLUMNS[:2]
OPERATOR = re.compile(r"AS([0-9]{1,10})", re.IGNORECASE | re.ASCII)
LAST_OPERATOR = 2**32 - 1
COMMENT = re.compile(r"[#;].*")
# As publishers call what is one of ours.
ALSO = {
    "hosting": "cloud", "datacenter": "cloud", "datacentre": "cloud", "tor": "proxy", "residential_proxy": "proxy",
    "mobile": "carrier_nat", "cgnat": "carrier_nat", "education": "university", "school": "university",
}  # fmt: skip
KNOWN = tuple(one.value for one in Range.CLASSES)
SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]*", re.ASCII)


# As the function that leaves signals (accounts/signals.py) reads them: of several files the first by name.
OF_OPERATORS = "SELECT DISTINCT ON (asn) asn, hub FROM accounts_range WHERE asn = ANY (%s) ORDER BY asn, source"


class BadRanges(Refused):
    """The file is none of ranges; says which line and why."""


class Line(NamedTuple):
    """A network in CIDR or the number of an operator, the other empty."""

    network: str
    asn: int | None
    hub: str
    name: str


def load(file: Path, *, source: str, as_class: str = "") -> RangeList:
    """By the operator of the machine. Raises BadRanges."""
    if not SOURCE.fullmatch(source) or len(source) > RangeList._meta.get_field("source").max_length:
        raise BadRanges(_("A source is named in small letters, digits, dots and dashes, at most 60 of them."))
    try:
        data = file.read_bytes()
        lines = list(read(data.decode("utf-8-sig").splitlines(), as_class=hub(as_class) if as_class else ""))
    except OSError as error:
        raise of_file(file, error.strerror) from None
    except UnicodeDecodeError:
        raise of_file(file, _("This is no text in UTF-8.")) from None
    except BadRanges as error:
        raise of_file(file, str(error)) from None
    return replace(lines, source, sha256(data).hexdigest())


def of_operators(numbers: Collection[int]) -> dict[int, str]:
    """Whose the addresses of each are, as a file says now; those of which none says anything are left out."""
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OF_OPERATORS, [[*numbers]])
        return dict(cursor.fetchall())


@transaction.atomic
def replace(lines: list[Line], source: str, digest: str) -> RangeList:
    operator = audit.operator(None)
    Range.objects.filter(source=source).delete()
    statement = "COPY accounts_range (source, network, asn, hub, name) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write_row((source, line.network or None, line.asn, line.hub, line.name))
    loaded = RangeList.objects.create(source=source, loaded_by=operator["operator"], sha256=digest, rows=len(lines))
    audit.record("ranges.loaded", target=loaded, by=None, source=source, rows=len(lines), sha256=digest, **operator)
    return loaded


def read(lines: list[str], *, as_class: str = "") -> Iterator[Line]:
    """Each range once. Raises BadRanges."""
    first: dict[str, tuple[int, str]] = {}
    is_table = bool(lines) and [name.strip().casefold() for name in lines[0].split(",")][:2] == list(NEEDED)
    for number, (cidr, said, name) in table(lines) if is_table else plain(lines, as_class):
        try:
            line = judged(cidr, said, name)
        except BadRanges as error:
            raise BadRanges(_("line %(line)s: %(sentence)s") % {"line": number, "sentence": str(error)}) from None
        before, hub_before = first.setdefault(line.network or str(line.asn), (number, line.hub))
        if hub_before != line.hub:
            told = {"line": number, "text": cidr, "before": before}
            raise BadRanges(_("line %(line)s: %(text)s stands in line %(before)s with another class.") % told)
        if before == number:
            yield line


def table(lines: Iterable[str]) -> Iterator[tuple[int, tuple[str, str, str]]]:
    rows = csv.reader(lines)
    names = tuple(name.strip().casefold() for name in next(rows))
    if names not in (COLUMNS, NEEDED):
        raise BadRanges(_("line 1: The columns are: %(columns)s.") % {"columns": ",".join(COLUMNS)})
    try:
        for row in rows:
            if not any(map(str.strip, row)):
                continue
            if len(row) != len(names):
                raise BadRanges(_("line %(line)s: It has not as many values as the first line.") % {"line": rows.line_num})
            cidr, said, *name = map(str.strip, row)
            yield rows.line_num, (cidr, said, "".join(name))
    except csv.Error as error:
        raise BadRanges(_("line %(line)s: %(sentence)s") % {"line": rows.line_num, "sentence": f"{error}."}) from None


def plain(lines: Iterable[str], as_class: str) -> Iterator[tuple[int, tuple[str, str, str]]]:
    if not as_class:
        told = _("This file has no column “class”: say with --class whose all these ranges are: %(known)s.")
        raise BadRanges(told % {"known": ", ".join(KNOWN)})
    for number, line in enumerate(lines, start=1):
        if text := COMMENT.sub("", line).strip():
            yield number, (text, as_class, "")


def judged(cidr: str, said: str, name: str) -> Line:
    longest = Range._meta.get_field("name").max_length or 0
    if len(name) > longest:
        raise BadRanges(_("The name is longer than %(longest)s characters.") % {"longest": longest})
    if operator := OPERATOR.fullmatch(cidr):
        if int(operator[1]) > LAST_OPERATOR:
            raise BadRanges(_("%(text)s is no number of an operator.") % {"text": cidr})
        return Line("", int(operator[1]), hub(said), name)
    try:
        network = ip_network(cidr)
    except ValueError:
        told = _("%(text)s is no network in CIDR, such as 192.0.2.0/24, and no operator, such as AS64500.")
        raise BadRanges(told % {"text": cidr}) from None
    return Line(str(network), None, hub(said), name)


def hub(said: str) -> str:
    word = said.strip().casefold().replace("-", "_").replace(" ", "_")
    found = ALSO.get(word, word)
    if found not in KNOWN:
        raise BadRanges(_("%(text)s is no class. Known are: %(known)s.") % {"text": said or "“”", "known": ", ".join(KNOWN)})
    return found


def of_file(file: Path, sentence: str | None) -> BadRanges:
    return BadRanges(_("%(file)s: %(sentence)s") % {"file": file, "sentence": sentence})
