"""Intended use (EXP-01): the questions of the rule pack answered, signed and dated; good until they expire."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from config import jobs
from kyc.parties import countries, profiles
from kyc.parties.actions import signing
from kyc.parties.models import Party, Profile, Questionnaire
from kyc.parties.sentences import one_stop
from kyc.parties.wording import BadText, checked, is_same_person
from kyc.rules import packs
from kyc.rules.packs import Question

OFFERING = "api"
YES_NO = ("yes", "no")


class NotChosen(Refused):
    """What is asked depends on what the customer is."""


def newest(organisation: Organisation, offering: str = OFFERING) -> Questionnaire | None:
    """What was signed last, good or not."""
    return Questionnaire.objects.live().filter(organisation=organisation, offering=offering).first()


def is_good(signed: Questionnaire) -> bool:
    """Of today's questions, and not expired."""
    return signed.version == packs.current().questionnaire.version and signed.expires_on >= timezone.localdate()


def current(organisation: Organisation, offering: str = OFFERING) -> Questionnaire | None:
    """The signed answers that are still good."""
    found = newest(organisation, offering)
    return found if found and is_good(found) else None


def is_due(signed: Questionnaire) -> bool:
    """Whether it is time to sign anew."""
    return not is_good(signed) or signed.expires_on <= asked_anew_until(timezone.localdate())


def asked_anew_until(today: date) -> date:
    """What expires up to then is asked for anew today."""
    return today + timedelta(days=packs.current().days("renewal"))


@transaction.atomic
def sign(
    organisation: Organisation, *, answers: Mapping[str, Any], signed_name: str, offering: str = OFFERING, by: User
) -> Questionnaire:
    """`answers` by code of the question: text, a code, or a list of codes. Those to questions that are not asked are left
    out. `signed_name` is that of one who may sign. Raises BadText with the code of the question as its field."""
    organisation = organisations.locked(organisation, by=by)
    pack, now = packs.current(), timezone.now()
    if offering not in dict(pack.questionnaire.offerings):
        raise BadText("offering", _("Choose one from the list."))
    kept = answered(pack.questionnaire.asked_of(profiles.customer_class(organisation)), answers)
    name = checked("signed_name", signed_name, limit=300, required=True)
    refuse_stranger(organisation, name)
    Questionnaire.objects.live().filter(organisation=organisation, offering=offering).update(superseded_at=now)
    signed = Questionnaire.objects.create(
        organisation=organisation,
        offering=offering,
        version=pack.questionnaire.version,
        answers=kept,
        signed_name=name,
        signed_by=by,
        signed_at=now,
        expires_on=timezone.localdate() + timedelta(days=pack.questionnaire_days),
    )
    Profile.objects.filter(organisation=organisation).exclude(use_draft={}).update(use_draft={})
    audit.record("questionnaire.signed", target=signed, by=by, version=signed.version, offering=offering, name=name)
    jobs.woke("questionnaire.signed")
    return signed


@transaction.atomic
def keep_draft(organisation: Organisation, *, answers: Mapping[str, str | list[str]], by: User) -> None:
    """Answers by code of the question, as far as they go, until somebody signs. Nothing rests on them. Raises NotChosen."""
    organisation = organisations.locked(organisation, by=by)
    profile = profiles.of(organisation)
    if profile is None:
        raise NotChosen(_("First choose what you are, on the first page: what is asked here depends on it."))
    asked = {question.code for question in packs.current().questionnaire.asked_of(profile.customer_class)}
    kept = {code: answer for code, answer in answers.items() if code in asked and answer}
    if kept != profile.use_draft:
        profile.use_draft = kept
        profile.save(update_fields=["use_draft"])
        audit.record("questionnaire.draft_kept", target=profile, by=by)


def draft(organisation: Organisation) -> dict[str, str | list[str]]:
    """What was kept and has not been signed yet."""
    profile = profiles.of(organisation)
    return profile.use_draft if profile else {}


def refuse_stranger(organisation: Organisation, name: str) -> None:
    """Only who is named as one who may sign can have signed."""
    may_sign = signing(organisation)
    if not may_sign:
        raise BadText("signed_name", _("First name who may sign for you; then sign here with that name."))
    if not is_one_of(may_sign, name):
        names = ", ".join(party.name for party in may_sign)
        told = _("Sign with the full name of one who may sign for you, as you named them: %(names)s.") % {"names": names}
        raise BadText("signed_name", one_stop(told))


def is_one_of(people: Iterable[Party], name: str) -> bool:
    return any(is_same_person(name, party.name, party.native_name) for party in people)


def answered(asked: list[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for question in asked:
        if question.is_asked(kept) and (answer := answer_to(question, answers.get(question.code, ""))):
            kept[question.code] = answer
    return kept


def answer_to(question: Question, given: Any) -> Any:
    """The answer as it is kept; raises BadText."""
    if question.kind == "choices":
        chosen = [code for code, _label in question.options if code in (given or [])]
        if question.is_required and not chosen:
            raise BadText(question.code, _("Choose at least one."))
        refuse_contradiction(question, chosen)
        return chosen
    text = checked(question.code, str(given or ""), limit=2000, lines=True)
    if not text and not question.is_required:
        return ""
    if question.kind == "text":
        return checked(question.code, text, limit=2000, required=True, lines=True)
    if question.kind == "country":
        if not countries.is_country(text):
            raise BadText(question.code, _("Choose a country from the list."))
    elif text not in (YES_NO if question.kind == "yesno" else dict(question.options)):
        raise BadText(question.code, _("Choose one."))
    return text


def refuse_contradiction(question: Question, chosen: list[str]) -> None:
    options = dict(question.options)
    for code in question.alone:
        if code in chosen and len(chosen) > 1:
            others = ", ".join(f"“{_(options[other])}”" for other in chosen if other != code)
            raise BadText(
                question.code,
                _("“%(answer)s” can't be true together with %(others)s. Leave out what does not apply.")
                % {"answer": _(options[code]), "others": others},
            )


def raised(signed: Questionnaire) -> list[tuple[str, str]]:
    """The questions whose answers must be asked about before an approval, each with a sentence. Those of the rules are marked
    for translation in kyc/rules/sentences.py, as are questions and options."""
    found = []
    for question in packs.questions(signed.version).questions:
        given = signed.answers.get(question.code, "")
        told = [_(sentence) for answer, sentence in question.flags if answer in (given if isinstance(given, list) else [given])]
        if told:
            found.append((question.code, " ".join(told)))
    return found


def raising() -> Q:
    """Of questionnaires, of whatever version: those with an answer that must be asked about; none where no answer is."""
    found = Q(pk__in=())
    for version in packs.versions():
        for question in packs.questions(version).questions:
            for answer, _sentence in question.flags:
                # One answer, or one of several.
                found |= Q(**{f"answers__{question.code}__contains": answer}, version=version)
    return found


def flags(signed: Questionnaire) -> list[str]:
    return [sentence for _code, sentence in raised(signed)]


def in_words(signed: Questionnaire, language: str = "en") -> list[tuple[str, str]]:
    """Each question that was asked, and what was answered, as people read it."""
    told = []
    for question in packs.questions(signed.version).questions:
        if (given := signed.answers.get(question.code)) is not None:
            told.append((_(question.text), words(question, given, language)))
    return told


def words(question: Question, given: Any, language: str) -> str:
    if question.kind == "country":
        return countries.name(given, language)
    if question.kind == "yesno":
        return {"yes": _("Yes"), "no": _("No")}[given]
    options = {code: _(label) for code, label in question.options}
    if question.kind == "choices":
        return ", ".join(options.get(code, code) for code in given)
    return options.get(given, given)
