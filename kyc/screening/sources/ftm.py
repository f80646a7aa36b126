"""FollowTheMoney entities, one in JSON a line, as OpenSanctions and others give them out.

Taken are people, companies and things whose topics say why they are listed; what only links them is left out.
"""

import json
from collections.abc import Iterator
from typing import Any

from kyc.screening.birthdates import written
from kyc.screening.entries import BadList, Entry, Topic
from kyc.screening.sources import gathering
from kyc.screening.sources.files import Files, lines
from kyc.screening.sources.gathering import Gathered

KINDS = {
    "Person": "person",
    "Company": "company",
    "Organization": "company",
    "LegalEntity": "company",
    "PublicBody": "company",
    "Vessel": "other",
    "Airplane": "other",
    "CryptoWallet": "other",
}
# By the topic, or the part of it before its first stop. Relatives and close associates of the exposed count as they do.
TOPICS = {
    "sanction": Topic.SANCTION,
    "export": Topic.EXPORT,
    "role.pep": Topic.PEP,
    "role.rca": Topic.PEP,
    "crime": Topic.CRIME,
    "wanted": Topic.CRIME,
    "debarment": Topic.CRIME,
    "reg": Topic.CRIME,
    "poi": Topic.CRIME,
}
NUMBERS = (
    "idNumber", "passportNumber", "taxNumber", "registrationNumber", "innCode", "ogrnCode", "leiCode", "swiftBic", "imoNumber",
    "publicKey", "socialSecurityNumber", "vatCode", "uscCode", "okpoCode", "dunsCode", "npiCode", "uniqueEntityId", "isin",
    "cryptoWallets",
)  # fmt: skip
# What tells when a line was made, and no more of whom it is about.
OF_THE_LINE = ("last_seen", "first_seen", "last_change")


def read(files: Files) -> Iterator[Entry]:
    return gathering.entries(gathered(files), files.primary.name)


def gathered(files: Files) -> Iterator[Gathered]:
    for line, text in enumerate(lines(files.primary), start=1):
        if text.strip():
            found = parsed(files.primary.name, line, text)
            topics = [topic for said in values(found, "topics") if (topic := topic_of(said))]
            if found["schema"] in KINDS and topics:
                yield one(line, found, topics)


def parsed(file: str, line: int, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadList(f"{file}, line {line}: this is no JSON ({str(error)[:80]}).") from error
    is_entity = isinstance(found, dict) and isinstance(found.get("id"), str) and isinstance(found.get("schema"), str)
    if not is_entity or not isinstance(found.get("properties", {}), dict):
        raise BadList(f"{file}, line {line}: this is no FollowTheMoney entity with id, schema and properties.")
    return dict(found)


def values(found: dict[str, Any], name: str) -> list[str]:
    said = found.get("properties", {}).get(name, [])
    return [text for text in (said if isinstance(said, list) else [said]) if isinstance(text, str)]


def topic_of(said: str) -> str:
    topic = TOPICS.get(said) or TOPICS.get(said.partition(".")[0])
    return topic.value if topic else ""


def one(line: int, found: dict[str, Any], topics: list[str]) -> Gathered:
    def every(*names: str) -> list[str]:
        return [text for name in names for text in values(found, name)]

    kept = {name: value for name, value in found.items() if name not in OF_THE_LINE}
    caption = found.get("caption")
    return Gathered(
        found["id"], line, KINDS[found["schema"]],
        names=every("name") or [caption if isinstance(caption, str) else "", *every("publicKey")],
        aliases=every("alias", "previousName"), weak=every("weakAlias"),
        programmes=every("program", "programId"), births=[written(text) for text in every("birthDate")],
        nations=every("nationality", "citizenship") or every("country"),
        places=every("country", "jurisdiction", "mainCountry", "flag"), numbers=every(*NUMBERS), topics=topics,
        remarks=every("position", "notes", "summary"), link=next(iter(every("sourceUrl")), ""),
        said=[json.dumps(kept, sort_keys=True, ensure_ascii=False)],
    )  # fmt: skip
