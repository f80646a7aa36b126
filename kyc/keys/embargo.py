"""Where networks are: an administrator's own file, by which requests from embargoed regions are refused (SAN-04).

A file is taken whole or not at all, and in place of the one before it. Which regions are embargoed says the rule pack
(kyc/rules/embargoes.py) and not the file, so that a file of the whole world may be loaded as well as one of the regions alone.

The most exact network that holds an address counts."""

import csv
from collections.abc import Iterable, Iterator
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.refused import Refused
from kyc.keys.models import Place, PlaceList
from kyc.parties import countries

COLUMNS = ["network", "country", "region"]
Line = tuple[str, str, str]


class BadPlaces(Refused):
    """The file is none of networks; says which line and why."""


def load(file: Path) -> PlaceList:
    """`network,country,region` in CSV with these names in its first line. By the operator of the machine."""
    try:
        data = file.read_bytes()
        lines = list(read(data.decode("utf-8-sig").splitlines()))
    except OSError as error:
        raise of_file(file, error.strerror) from None
    except UnicodeDecodeError:
        raise BadPlaces(_("%(file)s: This is no text in UTF-8.") % {"file": file}) from None
    except BadPlaces as error:
        raise of_file(file, str(error)) from None
    return replace(lines, sha256(data).hexdigest())


@transaction.atomic
def replace(lines: list[Line], digest: str) -> PlaceList:
    operator = audit.operator(None)
    Place.objects.all().delete()
    with connection.cursor() as cursor, cursor.copy("COPY kyc_place (network, country, region) FROM STDIN") as copy:
        for line in lines:
            copy.write_row(line)
    loaded = PlaceList.objects.create(loaded_by=operator["operator"], sha256=digest, rows=len(lines))
    audit.record("places.loaded", target=loaded, by=None, rows=len(lines), sha256=digest, **operator)
    return loaded


def read(lines: Iterable[str]) -> Iterator[Line]:
    rows = csv.reader(lines)
    if next(rows, None) != COLUMNS:
        raise BadPlaces(_("The first line must be: %(columns)s.") % {"columns": ",".join(COLUMNS)})
    first: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        try:
            network, country, region = map(str.strip, row)
        except ValueError:
            raise said(number, _("A line has three values.")) from None
        try:
            network = str(ip_network(network))
        except ValueError:
            raise said(number, _("%(text)s is no network in CIDR, such as 192.0.2.0/24.") % {"text": network}) from None
        if not countries.is_country(country):
            raise said(number, _("%(text)s is no country of ISO 3166-1.") % {"text": country})
        if (region and not region.startswith(f"{country}-")) or len(region) > Place._meta.get_field("region").max_length:
            raise said(number, _("%(text)s is no region of %(country)s in ISO 3166-2.") % {"text": region, "country": country})
        if (before := first.setdefault(network, number)) != number:
            raise said(number, _("%(text)s stands in line %(line)s already.") % {"text": network, "line": before})
        yield network, country, region


def of_file(file: Path, sentence: str | None) -> BadPlaces:
    return BadPlaces(_("%(file)s: %(sentence)s") % {"file": file, "sentence": sentence})


def said(number: int, sentence: str) -> BadPlaces:
    return BadPlaces(_("line %(line)s: %(sentence)s") % {"line": number, "sentence": sentence})
