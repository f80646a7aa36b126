"""Of a customer who is a natural person: what is about the customer is about him, and so part of what he is told of himself.
Names of officers and their notes are not."""

from collections.abc import Iterator
from datetime import datetime

from kyc.cases.models import Case, Entity, Finding, FlagRuling, Requirement
from kyc.parties import questionnaires
from kyc.parties.models import Party, PaymentMeans, Questionnaire
from kyc.risk.models import Factor, Score
from kyc.risk.scoring import HIGHEST
from kyc.rules import packs
from reports.facts import declared, examined
from reports.facts.changes import case_number
from reports.facts.reader import Reader, country, day, in_text, masked, moment

Rows = Iterator[tuple[str, str]]
OF_ANOTHER = "It speaks of another person, and is left out."


def coming(reader: Reader) -> Rows:
    found = declared.coming(reader)
    labels = (("Customer", "customer_class"), ("Programme", "programme"), ("Run by", "programme_run_by"))
    yield from ((label, found[name]) for label, name in labels if found.get(name))


def payments(reader: Reader) -> Rows:
    """Of a token, an account's number or a wallet the last characters, as everywhere."""
    for row in reader.known(PaymentMeans):
        told = (
            row.holder,
            row.institution,
            country(row.country),
            row.network,
            f"ending in {row.last_four}" if row.last_four else "",
            f"reference {masked(row.reference)}" if row.reference else "",
            f"from {PaymentMeans.Source(row.source).label}",
            row.source_details,
            f"since {day(row.valid_from)}{f' to {day(row.valid_to)}' if row.valid_to else ''}",
        )
        yield str(PaymentMeans.Kind(row.kind).label), ", ".join(str(text) for text in told if text)


def answers(reader: Reader) -> Rows:
    """All that were signed, and what an officer made of a red flag among them."""
    rulings: dict[tuple[int, str], str] = {}
    for ruling in reader.then(FlagRuling):
        rulings[ruling.questionnaire_id, ruling.question] = str(FlagRuling.Ruling(ruling.ruling).label).lower()
    for row in reader.then(Questionnaire):
        yield f"Signed {moment(row.signed_at)}", f"version {row.version}, good until {day(row.expires_on)}"
        yield from ((str(question), str(answer)) for question, answer in questionnaires.in_words(row))
        texts = {question.code: question.text for question in packs.questions(row.version).questions}
        for (signed, question), ruling in rulings.items():
            if signed == row.pgh_obj_id:
                yield f"Red flag: {texts.get(question, question)}", ruling


def asked_for(reader: Reader) -> Rows:
    for row in reader.then(Requirement):
        yield row.sentence, f"asked {moment(row.asked_at)}, due {day(row.due_on)}, {met(row.met_at)}. {row.consequence}"


def met(at: datetime | None) -> str:
    return f"met {moment(at)}" if at else "not met"


def scores(reader: Reader) -> Rows:
    """Of each round, the newest last, with every reason and its points: that is the logic of it (GDPR 15(1)(h))."""
    rounds = [row.pgh_obj_id for row in reader.examinations]
    for score in Score.objects.filter(organisation_id=reader.organisation, examination_id__in=rounds).order_by("examination_id"):
        band = str(Score.Band(score.band).label).lower()
        yield f"Score of {moment(score.scored_at)}", f"{score.value} of {HIGHEST}, {band}, by rules {score.rule_pack}"
        for factor in Factor.objects.filter(score=score).order_by("-points", "code"):
            yield f"{factor.points:+d}", factor.sentence


def findings(reader: Reader) -> Rows:
    """Of the last round."""
    for row in Finding.objects.filter(organisation_id=reader.organisation, examination_id=reader.latest).order_by("pk"):
        sentence = OF_ANOTHER if speaks_of_others(reader, row.sentence) else row.sentence
        yield row.category.capitalize(), f"{Finding.State(row.state).label}: {sentence}"


def speaks_of_others(reader: Reader, text: str) -> bool:
    customer = reader.customer.pgh_obj_id if reader.customer else None
    people = (row for pk, row in reader.parties.items() if pk != customer and row.kind in (Party.Kind.PERSON, Party.Kind.UNKNOWN))
    return any(name and name.lower() in text.lower() for row in people for name in (row.name, row.native_name))


def decided(reader: Reader) -> Rows:
    """Each case with what became of it, the decisions that were taken, in words, and the entity that came of them."""
    cases = list(reader.then(Case))
    for row in cases:
        notice = f", notice {row.notice_version} shown {moment(row.notice_shown_at)}" if row.notice_shown_at else ""
        state = f"{Case.State(row.state).label} since {moment(row.in_state_since)}"
        yield f"Case {case_number(row)}", f"opened {moment(row.opened_at)}{notice}. {state}"
    for row in examined.taken(reader, {row.pgh_obj_id: case_number(row) for row in cases}):
        told = (in_text(row["outcome_at"]), row["reason"], row["message"])
        yield f"{row['choice']}, case {row['case']}", ". ".join(filter(None, told))
    for row in reader.then(Entity):
        ended = f", ended {moment(row.ended_at)}" if row.ended_at else ""
        span = f"from {moment(row.valid_from)} until {moment(row.valid_until)}{ended}"
        yield f"Verified as {row.reference}", f"{row.name}, assurance {row.assurance}, {span}"
