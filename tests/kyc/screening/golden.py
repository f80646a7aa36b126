"""Golden copies as GLEIF shapes them, of invented companies: the columns of its CSV that matter beside some that do not, and the
same in XML."""

import csv
import io
from collections.abc import Iterable, Sequence
from html import escape
from random import Random

WORDS = (
    "Nord",
    "Fjell",
    "Hav",
    "Berg",
    "Lys",
    "Elv",
    "Stein",
    "Skog",
    "Vind",
    "Is",
    "Strand",
    "Dal",
    "Øy",
    "Sund",
    "Vik",
    "Tind",
)
FORMS = (("NO", "AS", "RA000472"), ("SE", "AB", "RA000544"), ("DE", "GmbH", "RA000242"), ("JP", "K.K.", "RA000413"))
HEADER = (
    "LEI", "Entity.LegalName", "Entity.LegalName.xmllang", "Entity.OtherEntityNames.OtherEntityName.1",
    "Entity.OtherEntityNames.OtherEntityName.1.xmllang", "Entity.OtherEntityNames.OtherEntityName.1.type",
    "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName.1", "Entity.LegalAddress.FirstAddressLine",
    "Entity.LegalAddress.City", "Entity.LegalAddress.Country", "Entity.HeadquartersAddress.Country",
    "Entity.RegistrationAuthority.RegistrationAuthorityID", "Entity.RegistrationAuthority.RegistrationAuthorityEntityID",
    "Entity.LegalJurisdiction", "Entity.EntityCategory", "Entity.LegalForm.EntityLegalFormCode", "Entity.EntityStatus",
    "Registration.InitialRegistrationDate", "Registration.LastUpdateDate", "Registration.RegistrationStatus",
    "Registration.NextRenewalDate", "Registration.ManagingLOU",
)  # fmt: skip
RELATIONS = (
    "Relationship.StartNode.NodeID", "Relationship.StartNode.NodeIDType", "Relationship.EndNode.NodeID",
    "Relationship.EndNode.NodeIDType", "Relationship.RelationshipType", "Relationship.RelationshipStatus",
    "Registration.RegistrationStatus",
)  # fmt: skip
Row = dict[str, str]


def lei(number: int) -> str:
    """With its check digits (ISO 7064 MOD 97-10)."""
    body = f"5493{number:014d}"
    return f"{body}{98 - int(body + '00') % 97:02d}"


def row(number: int, **changes: str) -> Row:
    random = Random(number)
    country, form, authority = FORMS[number % len(FORMS)]
    name = f"{random.choice(WORDS)}{random.choice(WORDS).lower()} {number} {form}"
    found = dict.fromkeys(HEADER, "")
    found |= {
        "LEI": lei(number), "Entity.LegalName": name, "Entity.LegalName.xmllang": country.lower(),
        "Entity.LegalAddress.FirstAddressLine": f'Gate "{number}", 1. etasje', "Entity.LegalAddress.City": "Tromsø",
        "Entity.LegalAddress.Country": country, "Entity.HeadquartersAddress.Country": country,
        "Entity.RegistrationAuthority.RegistrationAuthorityID": authority,
        "Entity.RegistrationAuthority.RegistrationAuthorityEntityID": f"{900_000_000 + number}",
        "Entity.LegalJurisdiction": country, "Entity.EntityCategory": "GENERAL", "Entity.LegalForm.EntityLegalFormCode": "8888",
        "Entity.EntityStatus": "ACTIVE", "Registration.InitialRegistrationDate": "2015-03-01T00:00:00Z",
        "Registration.LastUpdateDate": "2026-01-01T00:00:00Z", "Registration.RegistrationStatus": "ISSUED",
        "Registration.NextRenewalDate": "2027-03-01T00:00:00Z", "Registration.ManagingLOU": "5493001KJTIIGC8Y1R12",
    }  # fmt: skip
    return found | changes


def rows(count: int, *first: Row) -> list[Row]:
    return [*first, *map(row, range(1, count + 1 - len(first)))]


def relation(child: str, parent: str, kind: str = "IS_DIRECTLY_CONSOLIDATED_BY", status: str = "ACTIVE") -> Row:
    return dict(zip(RELATIONS, (child, "LEI", parent, "LEI", kind, status, "PUBLISHED"), strict=True))


def as_csv(found: Iterable[Row], header: Sequence[str] = HEADER) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue().encode()


PATHS = [name for name in HEADER if name.count(".") < 3 and not name.endswith("xmllang")]


def as_xml(found: Iterable[Row]) -> bytes:
    """In the namespace of LEI-CDF, as its schema nests it."""
    body = "".join(f"<lei:LEIRecord>{nested(one)}</lei:LEIRecord>" for one in found)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><lei:LEIData xmlns:lei="http://www.gleif.org/data/schema/leidata/2016">'
        "<lei:LEIHeader><lei:ContentDate>2026-11-01T00:00:00Z</lei:ContentDate></lei:LEIHeader>"
        f"<lei:LEIRecords>{body}</lei:LEIRecords></lei:LEIData>"
    ).encode()


def nested(one: Row) -> str:
    tree: dict[str, object] = {}
    for name in PATHS:
        *path, last = name.split(".")
        here = tree
        for step in path:
            here = here.setdefault(step, {})  # type: ignore[assignment]  # a branch
        here[last] = one[name]
    other = one["Entity.OtherEntityNames.OtherEntityName.1"]
    if other:
        tree["Entity"]["OtherEntityNames"] = {"OtherEntityName": other}  # type: ignore[index]  # a branch
    return drawn(tree)


def drawn(tree: object) -> str:
    if isinstance(tree, dict):
        return "".join(f"<lei:{name}>{drawn(inside)}</lei:{name}>" for name, inside in tree.items())
    return escape(str(tree))


def relations_as_xml(found: Iterable[Row]) -> bytes:
    def record(one: Row) -> str:
        start, end, kind, status = (one[name] for name in (RELATIONS[0], RELATIONS[2], RELATIONS[4], RELATIONS[5]))
        return (
            f"<rr:RelationshipRecord><rr:Relationship><rr:StartNode><rr:NodeID>{start}</rr:NodeID></rr:StartNode>"
            f"<rr:EndNode><rr:NodeID>{end}</rr:NodeID></rr:EndNode><rr:RelationshipType>{kind}</rr:RelationshipType>"
            f"<rr:RelationshipStatus>{status}</rr:RelationshipStatus></rr:Relationship></rr:RelationshipRecord>"
        )

    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<rr:RelationshipData xmlns:rr="http://www.gleif.org/data/schema/rr/2016"><rr:RelationshipRecords>'
        f"{''.join(map(record, found))}</rr:RelationshipRecords></rr:RelationshipData>"
    ).encode()
