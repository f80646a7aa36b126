"""Accounts that are run for others: declared by who runs them, and confirmed by each of those he names."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.evidence import actions as evidence
from kyc.evidence import agencies as judged
from kyc.evidence.models import Document
from kyc.onboarding import parts
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import SentFile, Text
from kyc.onboarding.pages import page, posted
from kyc.parties import agencies
from kyc.parties.agency_models import Agency, AgencyAccount

ACCOUNTS = gettext_lazy(
    "One account a line: the number that its holder gave you, then what you call it. They find the number on their own page "
    "“Accounts run for others”. Each of them has to confirm it."
)


def numbers() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Accounts you run"),
        max_length=30_000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=ACCOUNTS,
        error_messages={"required": gettext_lazy("Write the number of at least one account.")},
    )


def paper() -> SentFile:
    return SentFile(
        label=gettext_lazy("A document that shows it"),
        help_text=gettext_lazy(
            "Such as a contract with one of them. PDF, JPEG, PNG, WebP or HEIC, at most 15 MB and 50 pages. One that you have "
            "sent us before will do."
        ),
    )


class WordsForm(Page):
    name = Text(
        label=gettext_lazy("What the accounts together are called"),
        max_length=200,
        help_text=gettext_lazy("Such as: clients of Nordlys Media."),
    )
    ground = forms.ChoiceField(
        label=gettext_lazy("Why you run them"),
        choices=Agency.Ground.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose why you run them."),
            "invalid_choice": gettext_lazy("Choose why you run them from the list."),
        },
    )
    words = forms.CharField(
        label=gettext_lazy("What you do for them"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Who signs in, who pays, and from where their keys are used."),
        error_messages={"required": gettext_lazy("Say what you do for them.")},
    )


class DeclareForm(WordsForm):
    accounts = numbers()
    file = paper()

    def __init__(self, *args: Any, own: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self.own = own

    def clean_accounts(self) -> str:
        """Read here too, so that what is wrong with a line is told together with what else is wrong."""
        accounts: str = self.cleaned_data["accounts"]
        try:
            list(agencies.read(accounts, own=self.own))
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return accounts


class RenewForm(Page):
    file = paper()


class AddForm(Page):
    accounts = numbers()


class AnswerForm(Page):
    answer = forms.ChoiceField(
        label=gettext_lazy("Do they run this account for you?"),
        choices=[("yes", gettext_lazy("Yes, they do")), ("no", gettext_lazy("No, or not any more"))],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("You can take a yes back at any time. After a no they can't ask you again."),
        error_messages={
            "required": gettext_lazy("Say whether they do."),
            "invalid_choice": gettext_lazy("Say whether they do."),
        },
    )


@members_only
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    return page(
        request,
        organisation,
        "agencies",
        number=agencies.number_of(organisation.pk),
        asking=agencies.asked_of(organisation),
        declared=judged.told(Agency.objects.filter(organisation=organisation).order_by("-pk")),
    )


@members_only
def declare(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    form = DeclareForm(posted(request), parts.received(request, request.user), own=organisation.pk)

    @transaction.atomic
    def act() -> None:
        said = form.told
        file = said.pop("file")
        form.saved = agencies.declare(organisation, **said, by=request.user)
        send(organisation, file, by=request.user)

    if form.acted(act):
        parts.done(request, request.user)
        messages.success(request, _("Declared. Those you named see it on their own page, and an officer reads it."))
        return redirect("onboarding:agency", form.saved.pk)
    return page(request, organisation, "agency_declare", form=form, held=parts.held(form, request, request.user))


def send(organisation: Organisation, file: Any, *, by: User) -> None:
    """What shows it may be here already."""
    with suppress(evidence.BadFile):
        evidence.upload(organisation, kind=Document.Kind.OTHER, file=file, by=by)


def own(organisation: Organisation, pk: int) -> Agency:
    return get_object_or_404(Agency.objects.filter(organisation=organisation).select_related("organisation"), pk=pk)


@members_only
def one(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """What was declared and how it stands, the accounts, and more of them."""
    found, form = own(organisation, pk), AddForm(posted(request))

    def act() -> None:
        form.saved = agencies.add(found, accounts=form.cleaned_data["accounts"], by=request.user)

    if form.acted(act):
        messages.success(request, _("Named. Each of them has to confirm it.") if form.saved else _("You had named them already."))
        return redirect("onboarding:agency", found.pk)
    accounts = AgencyAccount.objects.live().filter(agency=found).order_by("pk")
    standing = judged.standing(found)
    numbered: list[dict[str, Any]] = [{"row": row, "number": agencies.number_of(row.account)} for row in accounts]
    return page(
        request,
        organisation,
        "agency",
        agency=found,
        form=form,
        accounts=numbered,
        standing=standing,
        is_asked=judged.is_waiting(found),
    )


@members_only
def correct(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    found = own(organisation, pk)
    form = WordsForm(posted(request), initial={name: getattr(found, name) for name in ("name", "ground", "words")})
    if form.acted(lambda: agencies.correct(found, **form.told, by=request.user)):
        said = _("It stands as you wrote it.")
        messages.success(request, _("It stands as you wrote it. An officer reads it next.") if judged.is_waiting(found) else said)
        return redirect("onboarding:agency", pk)
    return page(request, organisation, "agency_correct", form=form, agency=found)


@members_only
def renew(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    found, form = own(organisation, pk), RenewForm(posted(request), parts.received(request, request.user))

    @transaction.atomic
    def act() -> None:
        judged.renew(found, by=request.user)
        send(organisation, form.told["file"], by=request.user)

    if form.acted(act):
        parts.done(request, request.user)
        messages.success(request, _("Renewed. An officer reads it next."))
        return redirect("onboarding:agency", pk)
    return page(request, organisation, "agency_renew", form=form, agency=found, held=parts.held(form, request, request.user))


@members_only
def end(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    found, form = own(organisation, pk), Page(posted(request))
    if form.acted(lambda: agencies.end(found, by=request.user)):
        messages.success(request, _("Ended: you run these accounts for others no more."))
        return redirect("onboarding:agencies")
    return page(request, organisation, "agency_end", form=form, agency=found)


@members_only
def let_go(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    rows = AgencyAccount.objects.filter(organisation=organisation).select_related("agency", "organisation")
    found, form = get_object_or_404(rows, pk=pk), Page(posted(request))
    if form.acted(lambda: agencies.let_go(found, by=request.user)):
        messages.success(request, _("Removed: you do not run that account any more."))
        return redirect("onboarding:agency", found.agency_id)
    number = agencies.number_of(found.account)
    return page(request, organisation, "agency_end", form=form, agency=found.agency, account=found, number=number)


@members_only
def answer(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """By a member of the account that somebody says he runs."""
    found = next((row for row in agencies.asked_of(organisation) if row.pk == pk), None)
    if found is None:
        raise Http404
    form = AnswerForm(posted(request), initial={"answer": "yes"} if found.is_confirmed else None)
    if form.acted(lambda: agencies.answer(found, is_so=form.cleaned_data["answer"] == "yes", by=request.user)):
        is_so = form.cleaned_data["answer"] == "yes"
        messages.success(
            request,
            _("Your answer is here. You can take it back at any time.")
            if is_so
            else _("Your answer is here, and they can't ask again."),
        )
        return redirect("onboarding:agencies")
    return page(request, organisation, "agency_answer", form=form, asked_by=found)
