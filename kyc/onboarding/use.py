"""Intended use (EXP-01): the questions of the rule pack, answered and signed by name."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts import resume
from accounts.models import Organisation
from kyc.onboarding import steps
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Changing, Standing, digest
from kyc.onboarding.fields import Country, Text, only_with
from kyc.onboarding.pages import page, posted
from kyc.parties import actions as parties
from kyc.parties import questionnaires
from kyc.parties.models import Party, Profile, Questionnaire
from kyc.rules import packs
from kyc.rules.packs import Question

ONE = {"required": gettext_lazy("Choose one."), "invalid_choice": gettext_lazy("Choose one.")}
SOME = {"required": gettext_lazy("Choose at least one."), "invalid_choice": gettext_lazy("Choose at least one.")}


def field_of(question: Question, asked: dict[str, Question]) -> forms.Field:
    field = plain_field(question)
    if question.when is None:
        return field
    code, answers = question.when
    field.help_text = only_if(asked[code], answers, question.why)
    return only_with(field, code, *answers)


def plain_field(question: Question) -> forms.Field:
    told: dict[str, Any] = {"label": _(question.text), "help_text": said(question.why), "required": question.is_required}
    if question.kind == "text":
        return Text(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), **told)
    if question.kind == "country":
        return Country(**told)
    if question.kind == "choices":
        return forms.MultipleChoiceField(
            choices=options_of(question), widget=forms.CheckboxSelectMultiple, error_messages=SOME, **told
        )
    options = options_of(question) or [("yes", _("Yes")), ("no", _("No"))]
    return forms.ChoiceField(choices=options, widget=forms.RadioSelect, error_messages=ONE, **told)


def said(text: str) -> str:
    """Sentences of the rules in the reader's language; they are marked in kyc/rules/sentences.py."""
    return _(text) if text else ""


def options_of(question: Question) -> list[tuple[str, str]]:
    return [(code, _(label)) for code, label in question.options]


def only_if(question: Question, answers: tuple[str, ...], why: str) -> str:
    """When the question is meant, for those who see it all the time."""
    options = dict(options_of(question)) or {"yes": _("Yes"), "no": _("No")}
    named = " / ".join(f"“{options[answer]}”" for answer in answers)
    sentence = _("Only if you answered %(answers)s to “%(question)s”") % {"answers": named, "question": _(question.text)}
    return " ".join(filter(None, [sentence, said(why)]))


class UseForm(Changing):
    """The questions that are asked of a class, and the signature."""

    signed_name = Text(
        label=gettext_lazy("Your full name, as your signature"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ()

    def __init__(
        self, *args: Any, questions: list[Question], may_sign: list[Party], is_own: bool, draft: Standing, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        asked = {question.code: question for question in questions}
        signature = self.fields.pop("signed_name")
        self.fields |= {code: field_of(question, asked) for code, question in asked.items()}
        self.fields["signed_name"] = signature
        if may_sign:
            names = format_html_join(", ", "<bdi>{}</bdi>", ((party.name,) for party in may_sign))
            told = _("Your own name: {}") if is_own else _("Of one who may sign for you: {}")
            signature.help_text = format_html(told, names)
        self.initial |= draft
        # A signature is made each time.
        self.initial.pop("signed_name", None)
        resume.fill(self)

    def as_far_as_it_goes(self) -> bool:
        """Whether what was filled in can be kept: what is missing may follow."""
        for name, wrong in list(self.errors.as_data().items()):
            if name == "signed_name" or all(error.code == "required" for error in wrong):
                del self.errors[name]
        return not self.errors

    @property
    def answers(self) -> dict[str, str | list[str]]:
        return {code: answer for code, answer in self.cleaned_data.items() if code != "signed_name"}


@while_open("use")
def use(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The signed answers; the questions where there are none yet, or where they are answered anew."""
    signed, pack = questionnaires.current(organisation), packs.current()
    if signed and request.method != "POST" and "anew" not in request.GET:
        answers = questionnaires.in_words(signed, get_language() or "en")
        return page(request, organisation, "use_signed", step="use", signed=signed, answers=answers)
    customer_class, may_sign = request.way.customer_class, parties.signing(organisation)
    questions, is_own = pack.questionnaire.asked_of(customer_class), customer_class == Profile.CustomerClass.INDIVIDUAL
    about = {"questions": questions, "may_sign": may_sign, "is_own": is_own, "draft": questionnaires.draft(organisation)}
    form = UseForm(posted(request), stands=answered(signed), **about)
    if "keep" in request.POST:
        if form.as_far_as_it_goes() and form.acted(lambda: keep(request, organisation, form)):
            messages.success(request, _("Kept, not signed. Go on whenever you like."))
            return redirect(f"{reverse('onboarding:use')}?anew")
    elif form.acted(lambda: sign(request, organisation, form)):
        messages.success(request, _("Signed."))
        way = steps.way(organisation)
        return redirect("onboarding:overview" if way.is_verified else way.after("use").url)
    today = timezone.localdate()
    until = today + timedelta(days=pack.questionnaire_days)
    told = {"statement": _(pack.questionnaire.statement), "today": today, "until": until, "may_sign": may_sign}
    return page(request, organisation, "use", step="use", form=form, **told)


def renewal(organisation: Organisation) -> Questionnaire | None:
    """What was signed and is to be signed anew by now, by one who is verified."""
    signed = questionnaires.newest(organisation)
    return signed if signed and questionnaires.is_due(signed) else None


def answered(signed: Questionnaire | None) -> Standing:
    """With the number, since the same answers signed anew are signed anew."""
    if signed is None:
        return {}
    codes = [question.code for question in packs.questions(signed.version).questions]
    told = {code: signed.answers.get(code, "") for code in codes}
    return {**told, "signed_name": signed.signed_name, "signed": str(signed.pk)}


def keep(request: HttpRequest, organisation: Organisation, form: UseForm) -> None:
    with steps.signing(organisation, by=request.user):
        questionnaires.keep_draft(organisation, answers=form.answers, by=request.user)


def sign(request: HttpRequest, organisation: Organisation, form: UseForm) -> None:
    typed = dict(form.cleaned_data)
    name = typed.pop("signed_name")
    with steps.signing(organisation, by=request.user):
        signed = questionnaires.current(organisation)
        stands = answered(signed)
        form.compare(stands)
        # Sent twice it is signed once.
        if signed and form.was_shown != digest(stands):
            return
        questionnaires.sign(organisation, answers=typed, signed_name=name, by=request.user)
