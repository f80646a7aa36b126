"""What each regime says of a case's parties: its standing in law, whom it catches, what it can't decide, and how it got there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kyc.cases.determining import CONTROL, LIMBS, place
from kyc.cases.models import Examination
from kyc.cases.round import told_apart
from kyc.desk import words
from kyc.desk.sources import about
from kyc.ownership.models import Determination
from kyc.ownership.regimes import INDETERMINATE, NO, YES
from kyc.ownership.rule import CASCADES, OFAC
from kyc.ownership.verdicts import line
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.rules.packs import Pack

# So many answers of one kind unfold; the rest are counted.
MOST = 40
# So many names stand in a cell.
NAMED = 3
CONSEQUENCES: dict[str, Promise] = {
    "stops": gettext_lazy("stops an approval"),
    "asks": gettext_lazy("is to be asked about"),
    "tells": gettext_lazy("told as a finding"),
    "": gettext_lazy("shown only"),
}


@dataclass(frozen=True)
class Answer:
    """One party under one regime."""

    party: Party
    name: str
    about: str
    verdict: str
    word: Promise
    tone: str
    why: list[str]
    questions: list["Question"]


@dataclass(frozen=True)
class Question:
    """What would decide something open, as one asks a customer for it. `key` finds it again; `decides` are whose answers under
    which rules wait for it."""

    key: str
    text: str
    decides: str = ""


@dataclass
class Answers:
    """Those of one kind, the largest share first; of very many only some unfold."""

    every: list[Answer] = field(default_factory=list)

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.every[:MOST])

    def __len__(self) -> int:
        return len(self.every)

    @property
    def named(self) -> list[Answer]:
        return self.every[:NAMED]

    @property
    def unnamed(self) -> int:
        return max(0, len(self.every) - NAMED)

    @property
    def folded(self) -> int:
        return max(0, len(self.every) - MOST)


@dataclass(frozen=True)
class Standing:
    """A regime in law on a day."""

    words: str
    citation: str
    since: date | None
    until: date | None
    # Where it is known already but applies from a later day only.
    applies_from: date | None
    note: str
    source: str


@dataclass(frozen=True)
class Regime:
    """A row of the table, and what unfolds beneath it. `told` says what stands there instead of whom it catches."""

    code: str
    title: Promise | str
    line: str
    consequence: Promise
    standing: Standing | None
    caught: Answers
    undecided: Answers
    others: Answers
    told: str = ""

    @property
    def is_all_undecided(self) -> bool:
        return len(self.undecided) > NAMED and not self.caught and not self.others


def regimes(examination: Examination | None, customer: Party | None, *, is_sure: bool = True) -> list[Regime]:
    """Of the newest round, in one query. Unless it `is_sure` that somebody is listed, what follows from lists is told so."""
    if examination is None or customer is None:
        return []
    rows = list(Determination.objects.filter(examination_id=examination.pk).select_related("party").order_by("pk"))
    names = told_apart({row.party_id: row.party for row in rows}.values())
    pack, today = packs.get(examination.rule_pack), timezone.localdate()
    found: dict[str, list[Determination]] = {}
    for row in rows:
        found.setdefault(row.regime, []).append(row)
    shown = [regime(pack, code, found[code], names, today, customer.pk) for code in sorted(found, key=place)]
    if not is_sure:
        shown = [replace(one, caught=if_true(one.caught)) if one.code in CASCADES else one for one in shown]
    return [*shown, what_it_did(pack, today)] if LIMBS[0] in found else shown


def regime(pack: Pack, code: str, rows: Iterable[Determination], names: dict[int, str], today: date, customer: int) -> Regime:
    ordered = sorted(rows, key=lambda row: (-Fraction(row.share_max), row.pk))
    does = pack.consequence(code, YES)
    every = [answer(row, names[row.party_id], tone(code, does, row.party_id == customer)) for row in ordered]
    by_verdict = {verdict: Answers([one for one in every if one.verdict == verdict]) for verdict in (YES, INDETERMINATE, NO)}
    return Regime(
        code=code,
        title=words.REGIMES[code],
        line=str(line(pack.threshold(code))) if pack.regime(code)["threshold"] else "",
        consequence=CONSEQUENCES[does],
        standing=standing(pack, code, today),
        caught=by_verdict[YES],
        undecided=by_verdict[INDETERMINATE],
        others=by_verdict[NO],
        told=_("nobody is named") if code == CONTROL and not by_verdict[YES] else "",
    )


def if_true(caught: Answers) -> Answers:
    """Of matches that nobody has confirmed."""
    word, tone = words.IF_TRUE
    return Answers([replace(one, word=word, tone=tone) for one in caught.every])


def tone(code: str, does: str, is_customer: bool) -> str:
    """Owning a part is nothing against anybody. Being blocked is, and of the customer itself whatever stops an approval."""
    return "bad" if does == "stops" and (code == OFAC or is_customer) else "info"


def answer(row: Determination, name: str, tone: str) -> Answer:
    word, usual = words.VERDICTS[row.verdict]
    asked = [Question(f"{row.pk}.{number}", one["text"]) for number, one in enumerate(row.questions)]
    return Answer(row.party, name, about(row.party), row.verdict, word, tone if row.verdict == YES else usual, row.why, asked)


def questions(rules: Iterable[Regime]) -> list[Question]:
    """All that would decide anything, each once, with what it decides; what most waits for comes first."""
    found: dict[str, tuple[str, dict[str, list[str]]]] = {}
    for one in rules:
        for told in one.undecided.every:
            for question in told.questions:
                _key, waiting = found.setdefault(question.text, (question.key, {}))
                waiting.setdefault(str(one.title), []).append(told.name)
    asked = [
        (sum(map(len, waiting.values())), Question(key, text, "; ".join(waits(title, names) for title, names in waiting.items())))
        for text, (key, waiting) in found.items()
    ]
    return [question for _often, question in sorted(asked, key=lambda one: -one[0])]


def waits(title: str, names: list[str]) -> str:
    more = len(names) - NAMED
    told = ", ".join(names[:NAMED])
    if more > 0:
        told = ngettext("%(names)s and %(n)s more", "%(names)s and %(n)s more", more) % {"names": told, "n": more}
    return f"{title}: {told}"


def what_it_did(pack: Pack, today: date) -> Regime:
    """The limb of an entity of concern that no case tells of (FIN-17): the same words, whatever was ruled."""
    return Regime(
        code="",
        title=gettext_lazy("Entity of concern: what it did"),
        line="",
        consequence=CONSEQUENCES[""],
        standing=standing(pack, LIMBS[0], today),
        caught=Answers(),
        undecided=Answers(),
        others=Answers(),
        told=_("Not asked here: attacks are ruled on elsewhere, by whoever may see them."),
    )


def standing(pack: Pack, code: str, today: date) -> Standing | None:
    basis, about_it = pack.regime_basis(code, on=today), pack.regime(code)
    if basis is None:
        return None
    starts = date.fromisoformat(about_it["since"])
    return Standing(
        words=basis["status_text"],
        citation=basis["citation"],
        since=day(basis["since"]),
        until=day(basis["until"]),
        applies_from=starts if starts > today else None,
        note=basis["note"],
        source=about_it["source"],
    )


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
