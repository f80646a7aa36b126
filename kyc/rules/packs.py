"""Versioned rule packs: thresholds, country sets, factors and legal bases, each with its source and dates. Data, not code."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from kyc.rules import working_days

FOLDER = Path(__file__).parent
CURRENT = "2026.11"
# What a legal basis can be to a provider, and the words a report prints for it (PR-00).
STATUSES = {
    "in_force": "in force",
    "proposed": "proposed, binds nobody",
    "suspended": "suspended",
    "bill": "bill, not law",
    "voluntary": "voluntary",
    "contract": "contract",
    "codified_unenforced": "codified, not enforced",
    "model": "model, followed by choice",
    "unknown": "no status known for this date",
}


class UnknownPack(LookupError):
    """No rule pack of that version."""


@dataclass(frozen=True)
class Threshold:
    """A share at which a regime's verdict turns; `inclusive` when the share itself already counts."""

    share: Fraction
    inclusive: bool
    source: str

    def reached(self, share: Fraction) -> bool:
        return share >= self.share if self.inclusive else share > self.share


@dataclass(frozen=True)
class Confirmations:
    """How a party's own words are confirmed, and for how long that counts (IDA-05)."""

    data: Mapping[str, Any]

    def code(self, name: str) -> int:
        """digits; tries: how often one may be typed wrongly; pause_seconds: before another is sent; a_day: to one address,
        a_day_in_all: of one organisation; texts_a_day: text messages to all together, since each is paid for."""
        return int(self.data["codes"][name])

    def code_minutes(self, channel: str) -> int:
        return int(self.data["codes"]["minutes"][channel])

    def code_days_by_post(self, *, at_home: bool) -> int:
        return int(self.data["codes"]["days_by_post"]["home" if at_home else "abroad"])

    def valid_days(self, how: str) -> int:
        return int(self.data["valid_days"][how])

    def paper_days(self, how: str) -> int:
        """How old a paper may be on the day it is relied on."""
        return int(self.data["paper_days"][how])

    def service(self, name: str) -> int:
        """a_day: how many checks outside one organisation begins, since each is paid for."""
        return int(self.data["services"][name])

    def domain(self, name: str) -> int:
        """every_days: how often what was published is looked for again; misses: after how many in a row it is lost; again_hours:
        how soon it is looked for after a miss."""
        return int(self.data["domain"][name])


@dataclass(frozen=True)
class Pack:
    """One version of the rules as reviewed on a day; `sha256` is the digest of the file it was read from."""

    version: str
    data: dict[str, Any]
    sha256: str = ""

    @property
    def reviewed_on(self) -> str:
        return str(self.data["reviewed_on"])

    def threshold(self, regime: str) -> Threshold:
        found = self.data["ownership"][regime]
        return Threshold(Fraction(found["threshold"]), found["inclusive"], found["source"])

    def regime(self, regime: str) -> dict[str, str]:
        """title, threshold (a fraction as text), line (at or above, above), arithmetic, since, source; threshold and line are
        empty of what asks for no share."""
        found = self.data["ownership"][regime]
        line = {True: "at or above", False: "above", None: ""}[found.get("inclusive")]
        told = {name: str(found.get(name, "")) for name in ("title", "threshold", "arithmetic", "since", "source")}
        return told | {"line": line}

    def consequence(self, regime: str, verdict: str) -> str:
        """What that verdict on the customer itself does to its case: stops, asks, tells; nothing where it is only shown."""
        return str(self.data["ownership"][regime].get("consequence", {}).get(verdict, ""))

    def stopping(self) -> dict[str, list[str]]:
        """The regimes that stop an approval, with the verdicts by which they do."""
        every = {regime: found.get("consequence", {}) for regime, found in self.data["ownership"].items()}
        stops = {regime: [verdict for verdict, does in told.items() if does == "stops"] for regime, told in every.items()}
        return {regime: verdicts for regime, verdicts in stops.items() if verdicts}

    def programmes(self, regime: str) -> frozenset[str]:
        """By which an entry is listed that the regime goes by, as publishers write them; none where it goes by every sanction."""
        return frozenset(self.data["ownership"][regime].get("programmes", ()))

    def lists_lacking(self, regime: str, used: Collection[str]) -> list[str]:
        """The lists that the regime goes by, in words, of those not among the `used` sources."""
        wanted: dict[str, str] = self.data["ownership"][regime].get("lists", {})
        return [title for source, title in wanted.items() if source not in used]

    def legal_bases(self, report: str, *, on: date | None = None) -> list[dict[str, str]]:
        """What a report of that kind rests on, each with the status it had on that day (PR-00), by default the day of
        review: instrument, citation, status, status_text, since, until, note, source, certainty."""
        day = str(on or self.reviewed_on)
        return [self.legal_basis(code, day) for code in self.data["legal_bases"][report]]

    def not_relied_on(self, report: str, *, on: date) -> list[dict[str, str]]:
        """Rules that a reader may look for in a report of that kind and that it gives no verdict under, as `legal_bases`."""
        return [self.legal_basis(code, str(on)) for code in self.data["not_relied_on"][report]]

    def regime_basis(self, regime: str, *, on: date) -> dict[str, str] | None:
        """The legal basis of a regime on that day; None where it rests on no instrument of the pack."""
        code = self.data["ownership"][regime].get("instrument")
        return self.legal_basis(code, str(on)) if code else None

    def legal_basis(self, code: str, day: str) -> dict[str, str]:
        found = self.data["instruments"][code]
        held = [s for s in found["statuses"] if s["since"] <= day and day < s.get("until", "9999")]
        status = held[-1] if held else {"status": "unknown", "since": "", "note": "The pack records no status for this date."}
        return {
            "instrument": found["instrument"],
            "citation": found["citation"],
            "status": status["status"],
            "status_text": STATUSES[status["status"]],
            "since": status["since"],
            "until": status.get("until", ""),
            "note": status["note"],
            "source": found["source"],
            "certainty": self.data["certainty"][found["certainty"]],
        }

    def countries(self, name: str) -> frozenset[str]:
        """The set of that name, with the sets that it takes in by theirs."""
        found = self.data["country_sets"][name]
        return frozenset(found["countries"]).union(*map(self.countries, found.get("with", ())))

    def exclusion(self, code: str) -> "Exclusion":
        """Raises KeyError where the pack has none of that code."""
        return self.exclusions[code]

    @property
    def exclusions(self) -> dict[str, "Exclusion"]:
        """Of whom FinCEN's rule on beneficial owners asks less, by code (FIN-04, FIN-05)."""
        found = self.data["cdd_exclusions"]
        return {
            code: Exclusion(
                code=code,
                title=about["title"],
                rule=found[f"{group}_rule"],
                is_control_asked=group == "control_only",
                only_as_far=about.get("only_as_far", ""),
                formed=about.get("formed", ""),
            )
            for group in ("whole", "control_only")
            for code, about in found[group].items()
        }

    @property
    def chain_exclusion_rule(self) -> str:
        """By which rule nobody is named for what an excluded company holds."""
        return str(self.data["cdd_exclusions"]["chain_rule"])

    @property
    def exclusion_days(self) -> int:
        """How long a verified exclusion is relied on before it is verified anew."""
        return int(self.data["cdd_exclusions"]["proof_days"])

    def factor(self, code: str) -> tuple[int, str]:
        found = self.data["risk"]["factors"][code]
        return found["points"], found["sentence"]

    def band(self, value: int) -> str:
        bands = self.data["risk"]["bands"]
        return "high" if value >= bands["high"] else "medium" if value >= bands["medium"] else "low"

    def entity_days(self, band: str) -> int:
        return int(self.data["entity_days"][band])

    @property
    def unaccounted_line(self) -> Fraction:
        """The part of a company's shares from which it counts that nobody is stated to hold it."""
        return Fraction(self.data["risk"]["lines"]["unaccounted"])

    @property
    def deep_chain(self) -> int:
        """The levels of owners above the customer from which a chain counts as deep."""
        return int(self.data["risk"]["lines"]["deep_chain"])

    @property
    def abroad_within_days(self) -> int:
        """How far the score looks back to where keys were used from."""
        return int(self.data["risk"]["lines"]["abroad"]["within_days"])

    @property
    def abroad_on_days(self) -> int:
        """On how many of these days a country that disagrees must have been seen, so that one journey is no reason."""
        return int(self.data["risk"]["lines"]["abroad"]["on_days"])

    @property
    def minimum_age(self) -> int:
        """The age under which it is to be looked at that a person acts for a customer."""
        return int(self.data["minimum_age"]["years"])

    @property
    def screening_threshold(self) -> float:
        return float(self.data["screening"]["threshold"])

    @property
    def strong_match(self) -> float:
        """The score from which on a possible match is ruled on by two people, whatever the ruling."""
        return float(self.data["screening"]["strong"])

    def list_days(self, source: str) -> int:
        """The age in days that a list of that source may have; an older one is called old wherever it is relied on."""
        found = self.data["screening"]["list_days"]
        return int(found.get(source, found["other"]))

    @property
    def list_shrinkage(self) -> float:
        """The part by which a version may have fewer entries than the one before it; more are likelier a broken download."""
        return float(self.data["screening"]["list_shrinkage"])

    def standing(self, axis: str, basis: str) -> str:
        """us, foreign or undetermined: where that basis puts a party under that test (IAAS-01, IAAS-02)."""
        found = self.data["person_status"][axis]
        if basis in found["undetermined"]:
            return "undetermined"
        return "us" if basis in found["us"] else "foreign"

    def standing_source(self, axis: str) -> str:
        """Where the words of that test stand."""
        return str(self.data["person_status"][axis]["source"])

    @property
    def home(self) -> str:
        """The country whose persons the tests of person status set apart."""
        return str(self.data["person_status"]["home"])

    @property
    def status_proof_days(self) -> int:
        """How long a verified person status is relied on before it is verified anew."""
        return int(self.data["person_status"]["proof_days"])

    @property
    def questionnaire(self) -> "Questions":
        return questions(self.data["questionnaire"]["version"])

    @property
    def questionnaire_days(self) -> int:
        """How long signed answers are good."""
        return int(self.data["questionnaire"]["days"])

    def days(self, clock: str) -> int:
        """decide: for us to answer; answer: for the customer to; invitation: how long its link is good; renewal: how
        long before signed answers expire they are asked for anew; change: for the customer to send what has changed (AMLR-08)."""
        return int(self.data["clocks"][f"{clock}_days"])

    @property
    def confirmations(self) -> "Confirmations":
        return Confirmations(self.data["confirmations"])

    def key_catalogue(self, kind: str) -> dict[str, str]:
        """What the provider offers to let a key do (scopes) or reach (tiers), by code, each in words."""
        return {code: about["title"] for code, about in self.data["keys"][kind].items()}

    def key_offered(self, kind: str) -> list[str]:
        """The codes of those that stand ticked where nothing was chosen yet."""
        return [code for code, about in self.data["keys"][kind].items() if about["offered"]]

    def key_days(self, clock: str) -> int:
        """longest: the life that a key may have; offered: the one that stands in the form; old: the age from which rolling is
        advised; answer: to name a new responsible person; idle: without use until that is told; idle_told: from then until it is
        held; refusals: how long it is known which calls were refused."""
        return int(self.data["keys"][f"{clock}_days"])

    def estate(self, what: str) -> int:
        """Of keys that were issued elsewhere and whose account is not verified yet, in days from their import: reminded_days,
        limited_days (to requests_a_day), due_days (from when they may act no more)."""
        return int(self.data["keys"]["estate"][what])

    def directive(self, what: str) -> int:
        """measure_wait_days: how long after its determination a special measure applies at the earliest, measure_days: for how
        long (IAAS-31); proof_days: how long what shows a key to be outside is relied on; ready_seconds: for so long it is looked
        for before a directive begins at once; used_days: how far back it counts from where a key was used."""
        return int(self.data["directives"][what])

    def training(self, what: str) -> int:
        """report_days: calendar days from knowledge of a training run until it is told to the authority (IAAS-41);
        forward_days: until what a reseller reports of a customer of its own is (IAAS-44); follow_up_days: so long an answer or a
        correction takes (IAAS-43); remind_days: so long before officers are reminded."""
        return int(self.data["training"][what])

    @property
    def training_operations(self) -> float:
        """From how many operations on a run counts as large (IAAS-45)."""
        return float(self.data["training"]["operations"])

    def blocked(self, what: str) -> int:
        """report_days: working days within which what was blocked or rejected is reported; remind_days: so long before its day
        officers are reminded."""
        return int(self.data["blocked"][what])

    @property
    def blocking_lists(self) -> frozenset[str]:
        """Sources of lists by which property is blocked."""
        return frozenset(self.data["blocked"]["lists"])

    def blocked_due(self, on: date) -> date:
        """By when what was blocked or rejected on that day is reported."""
        return working_days.after(on, self.blocked("report_days"), self.holidays(self.data["blocked"]["calendar"]))

    def blocked_annual(self, year: int) -> tuple[date, date]:
        """Of a year, the day whose stock of blocked property is reported, and by when."""
        found = self.data["blocked"]
        return date.fromisoformat(f"{year}-{found['stock_on']}"), date.fromisoformat(f"{year}-{found['annual_due']}")

    def holidays(self, calendar: str) -> frozenset[date]:
        return frozenset(map(date.fromisoformat, self.data["calendars"][calendar]["holidays"]))

    def reselling(self, what: str) -> int:
        """termination_days: calendar days from knowledge that a reseller does not comply until access ends; remind_days: so long
        before its last day officers are reminded; use_days: how far back use is looked at; end_users: from how many end users of
        one key on it is asked whether access is sold on."""
        return int(self.data["resellers"][what])

    @property
    def most_key_networks(self) -> int:
        """How many networks a key may be bound to."""
        return int(self.data["keys"]["most_networks"])

    @property
    def key_overlaps(self) -> list[int]:
        """For how many hours a key that was rolled may go on beside the new one, each of which may be chosen."""
        return list(self.data["keys"]["overlap_hours"])

    @property
    def ruled_alone_up_to(self) -> int:
        """On what ties so many accounts one investigator rules alone; more take a second."""
        return int(self.data["rulings"]["alone_up_to"])

    @property
    def discrepancy_days(self) -> int:
        """How long a difference between what was declared and another source may stay open (AMLR-09)."""
        return int(self.data["discrepancy"]["days"])

    def discrepancy_basis(self, *, on: date) -> dict[str, str]:
        """The legal basis of that clock on that day."""
        return self.legal_basis(self.data["discrepancy"]["instrument"], str(on))

    def exposure_bases(self, *, on: date) -> list[dict[str, str]]:
        """By what the source of wealth and a senior approval are asked of who is politically exposed, as `legal_bases`. None of
        them in force, it is our policy alone that asks."""
        return [self.legal_basis(code, str(on)) for code in self.data["exposure"]["instruments"]]

    @property
    def retention_rules(self) -> dict[str, dict[str, Any]]:
        """How long what is kept, by code: title, years, clock, instruments (none: our policy), and where it has them citation,
        `only` (for whom) and note (PRV-03)."""
        return dict(self.data["retention"]["rules"])

    @property
    def abandoned_days(self) -> int:
        """How long nobody is seen until an application that is still with the customer counts as given up."""
        return int(self.data["retention"]["abandoned_days"])

    @property
    def unbegun_days(self) -> int:
        """How long a file of names waits for somebody's word to be asked about; after that nobody is asked any more."""
        return int(self.data["retention"]["unbegun_days"])

    @property
    def subjects(self) -> dict[str, Any]:
        """What a person is told who asks about his own data: `months` to answer in and `more_months` it may be extended by;
        purposes, recipients, rights, remedies and what is withheld, each a list of sentences."""
        return dict(self.data["subjects"])

    @property
    def notice_version(self) -> str:
        """Of the identification notice, templates/onboarding/notices: a changed text is a new version (FIN-13)."""
        return str(self.data["notice"]["version"])


@dataclass(frozen=True)
class Exclusion:
    """One ground on which a company is left out of FinCEN's rule on beneficial owners. `is_control_asked` where only the owners
    are left out and the one person in control is asked for all the same; `only_as_far` says as far as what alone it holds;
    `formed` is home or abroad where only who was formed there can be it."""

    code: str
    title: str
    rule: str
    is_control_asked: bool = False
    only_as_far: str = ""
    formed: str = ""


@dataclass(frozen=True)
class Question:
    """One question about the use of an offering. `kind` is choice, choices, yesno, text or country; `when` names an earlier
    question and those of its answers upon which this one is asked; `classes` whom it is asked, everyone when empty."""

    code: str
    text: str
    kind: str
    why: str = ""
    options: tuple[tuple[str, str], ...] = ()
    # Options that contradict every other one.
    alone: tuple[str, ...] = ()
    is_required: bool = True
    when: tuple[str, tuple[str, ...]] | None = None
    classes: tuple[str, ...] = ()
    # Answers that must be asked about before an approval, each with its sentence.
    flags: tuple[tuple[str, str], ...] = ()
    # Answers that make a factor of the risk hold, each with the factor's code.
    factors: tuple[tuple[str, str], ...] = ()

    def is_asked(self, answers: Mapping[str, Any]) -> bool:
        if self.when is None:
            return True
        code, values = self.when
        given = answers.get(code, "")
        return bool(set(given if isinstance(given, list) else [given]) & set(values))


@dataclass(frozen=True)
class Questions:
    """One version of the questions of EXP-01, with the offerings they are asked for."""

    version: str
    title: str
    source: str
    offerings: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]
    statement: str

    def asked_of(self, customer_class: str) -> list[Question]:
        return [question for question in self.questions if not question.classes or customer_class in question.classes]


@cache
def versions() -> tuple[str, ...]:
    """Of the questions, all there ever were, oldest first."""
    names = sorted(path.stem.removeprefix("questionnaire_") for path in FOLDER.glob("questionnaire_*.json"))
    return tuple(name.replace("_", "-") for name in names)


@cache
def questions(version: str) -> Questions:
    """The questions of that version; raises UnknownPack."""
    path = FOLDER / f"questionnaire_{version.replace('-', '_')}.json"
    if not path.exists():
        raise UnknownPack(version)
    data = json.loads(path.read_text())
    return Questions(
        version=version,
        title=data["title"],
        source=data["source"],
        offerings=tuple((row["code"], row["title"]) for row in data["offerings"]),
        questions=tuple(question(row) for row in data["questions"]),
        statement=data["statement"],
    )


def question(row: dict[str, Any]) -> Question:
    when = row.get("when")
    return Question(
        code=row["code"],
        text=row["text"],
        kind=row["kind"],
        why=row.get("why", ""),
        options=tuple(row.get("options", {}).items()),
        alone=tuple(row.get("alone", ())),
        is_required=row.get("required", True),
        when=(when["question"], tuple(when["answers"])) if when else None,
        classes=tuple(row.get("classes", ())),
        flags=tuple(row.get("flags", {}).items()),
        factors=tuple(row.get("factors", {}).items()),
    )


@cache
def get(version: str) -> Pack:
    """The pack of that version; raises UnknownPack."""
    path = FOLDER / f"pack_{version.replace('.', '_')}.json"
    if not path.exists():
        raise UnknownPack(version)
    content = path.read_bytes()
    return Pack(version, json.loads(content), hashlib.sha256(content).hexdigest())


def current() -> Pack:
    return get(CURRENT)
