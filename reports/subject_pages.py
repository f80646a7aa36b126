"""Where officers answer what people ask about their own data: the register with what is due, and one request."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import retention, scope, snapshots
from accounts.elevated import elevated
from accounts.guards import staff
from accounts.models import Organisation
from accounts.permissions import Permission
from accounts.refused import Refused
from kyc.desk.forms import DeskForm
from kyc.parties.models import Party
from reports import subjects
from reports.models import SubjectRequest

P = Permission
A_PAGE = 50
UNPROCESSABLE = 422
COLUMNS = [
    {"label": label}
    for label in (
        gettext_lazy("Request"),
        gettext_lazy("Person"),
        gettext_lazy("Asks for"),
        gettext_lazy("Received"),
        gettext_lazy("Due"),
        gettext_lazy("State"),
    )
]


def told_apart(party: Party) -> str:
    gone = _("not involved any more") if party.removed_on else ""
    return ", ".join(filter(None, (f"{party.name} ({party.pk})", gone)))


class People:
    """Whom a request may be of: people whom the organisation has named, and its members. Two of one name are told apart by
    their number or address."""

    def __init__(self, organisation: Organisation) -> None:
        self.parties = {f"party-{party.pk}": party for party in subjects.people_of(organisation)}
        self.members = {f"member-{user.pk}": user for user in subjects.members_of(organisation)}

    @property
    def named(self) -> list[tuple[str, str]]:
        return [(code, told_apart(party)) for code, party in self.parties.items()]

    @property
    def accounts(self) -> list[tuple[str, str]]:
        return [(code, f"{user.name} ({user.email})") for code, user in self.members.items()]

    def values(self, *codes: str) -> dict[str, Any]:
        parties, users = ([of.get(code) for code in codes if code in of] for of in (self.parties, self.members))
        return {"party": next(iter(parties), None), "user": next(iter(users), None)}


class OrganisationForm(DeskForm):
    missing = {"organisation": gettext_lazy("Give the number of the organisation.")}

    organisation = forms.IntegerField(
        label=gettext_lazy("Number of the organisation"),
        min_value=1,
        help_text=gettext_lazy("As it stands behind its name in lists."),
    )

    def clean_organisation(self) -> Organisation:
        found = Organisation.objects.real().filter(pk=self.cleaned_data["organisation"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no organisation of this number."))
        return found


class RecordForm(DeskForm):
    missing = {
        "whom": gettext_lazy("Choose the person."),
        "kind": gettext_lazy("Choose what the person asks for."),
        "channel": gettext_lazy("Choose how it came."),
        "received_on": gettext_lazy("Give the day on which it came."),
    }

    whom = forms.ChoiceField(
        label=gettext_lazy("Who asks"),
        help_text=gettext_lazy("If it is a member whom the organisation has named too, you tie the two when you say who it is."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What for"), choices=SubjectRequest.Kind.choices, widget=forms.RadioSelect)
    channel = forms.ChoiceField(
        label=gettext_lazy("How it came"),
        choices=[choice for choice in SubjectRequest.Channel.choices if choice[0] != SubjectRequest.Channel.ACCOUNT],
    )
    received_on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("The month to answer in begins on that day."),
    )

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"received_on": timezone.now().date()}, **kwargs)
        self.people = People(organisation)
        groups = [(_("Named by the organisation"), self.people.named), (_("Members"), self.people.accounts)]
        self.fields["whom"].choices = [("", _("Choose…")), *(group for group in groups if group[1])]
        self.fields["received_on"].widget.attrs |= {"min": subjects.first_day(), "max": subjects.today()}

    def values(self) -> dict[str, Any]:
        told = {name: value for name, value in self.cleaned_data.items() if name != "whom"}
        return told | self.people.values(self.cleaned_data["whom"])


NOBODY = "nobody"


class IdentifyForm(DeskForm):
    missing = {
        "whom": gettext_lazy("Choose which of the people it has named this is, or that it is none of them."),
        "account": gettext_lazy("Choose which member this is, or that it is none of them."),
        "how": gettext_lazy("Say how you know that it is this person."),
    }

    whom = forms.ChoiceField(
        label=gettext_lazy("Is named by the organisation as"),
        help_text=gettext_lazy(
            "That person’s birth date, address, documents, shares and keys are part of the answer: choose one only if you are "
            "sure, and nobody only if you are sure of that."
        ),
    )
    account = forms.ChoiceField(
        label=gettext_lazy("Has the account of"),
        help_text=gettext_lazy(
            "Then the account’s data are part of the answer, and whoever signs in to it can take the answer there. Choose one "
            "only if you are sure."
        ),
    )
    how = forms.CharField(
        label=gettext_lazy("How we know that it is this person"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("No number of a document. The person reads this sentence."),
    )

    def __init__(self, asked: SubjectRequest, *args: Any, **kwargs: Any) -> None:
        self.people = People(asked.organisation)
        party, member = subjects.likely(asked), subjects.likely_member(asked)
        nobody = NOBODY if asked.is_identified else ""
        chosen = {"whom": f"party-{party.pk}" if party else nobody, "account": f"member-{member.pk}" if member else nobody}
        super().__init__(*args, auto_id="identify_%s", initial={**chosen, "how": asked.identity}, **kwargs)
        self.fields["whom"].choices = [("", _("Choose…")), *self.people.named, (NOBODY, _("Nobody it has named"))]
        self.fields["account"].choices = [("", _("Choose…")), *self.people.accounts, (NOBODY, _("No member"))]
        # Whoever asked from an account has that one.
        if asked.channel == SubjectRequest.Channel.ACCOUNT:
            del self.fields["account"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("whom") == cleaned.get("account") == NOBODY:
            self.add_error("whom", _("Choose somebody in one of the two: whoever is neither has no data here."))
        return cleaned

    def values(self) -> dict[str, Any]:
        codes = (self.cleaned_data.get(name, "") for name in ("whom", "account"))
        return {**self.people.values(*codes), "how": self.cleaned_data["how"]}


class ExtendForm(DeskForm):
    missing = {"because": gettext_lazy("Say why one month is too short.")}

    because = forms.CharField(
        label=gettext_lazy("Why one month is too short"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The person reads it."),
    )


class DecideForm(DeskForm):
    """Of a copy there is nothing to weigh."""

    missing = {"grounds": gettext_lazy("Say on what grounds we keep what no law obliges us to keep.")}

    grounds = forms.CharField(
        label=gettext_lazy("On what grounds we keep what no law obliges us to keep"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The person reads it. Weigh what he says of his own situation against why we need it."),
    )

    def __init__(self, asked: SubjectRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="decide_%s", **kwargs)
        if asked.kind == SubjectRequest.Kind.ACCESS:
            del self.fields["grounds"]


class EndForm(DeskForm):
    missing = {
        "outcome": gettext_lazy("Choose how it ends."),
        "note": gettext_lazy("Say why it ends without an answer."),
    }

    outcome = forms.ChoiceField(
        label=gettext_lazy("How it ends"),
        choices=[
            ("", gettext_lazy("Choose…")),
            *(one for one in SubjectRequest.Outcome.choices if one[0] not in ("", SubjectRequest.Outcome.ANSWERED)),
        ],
    )
    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("A member reads it, in a mail and in his account. Tell anybody else as he asked."),
    )


FORMS: dict[str, Callable[[SubjectRequest, Any], DeskForm]] = {
    "identify": lambda asked, data: IdentifyForm(asked, data),
    "extend": lambda asked, data: ExtendForm(data, auto_id="extend_%s"),
    "decide": lambda asked, data: DecideForm(asked, data),
    "end": lambda asked, data: EndForm(data, auto_id="end_%s"),
}


@staff(P.SUBJECT_ANSWER)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """What is open by its last day, then what has ended, the newest first."""
    open_ones = SubjectRequest.objects.open().select_related("organisation", "user", "party").order_by("due_on", "pk")
    ended = SubjectRequest.objects.exclude(outcome="").select_related("organisation", "user", "party").order_by("-ended_at")
    page = Paginator(ended, A_PAGE).get_page(request.GET.get("page"))
    shown = {
        "columns": COLUMNS,
        "open_rows": [(one, subjects.tone(one)) for one in open_ones],
        "ended": page.object_list,
        "page": page,
        "newer_url": f"?page={page.number - 1}" if page.has_previous() else "",
        "older_url": f"?page={page.number + 1}" if page.has_next() else "",
    }
    return render(request, "reports/subject_requests.html", shown)


@staff(P.SUBJECT_ANSWER)
def new(request: HttpRequest) -> HttpResponse:
    """First the organisation, which the address may name; then the person, of those it has named."""
    named = request.POST if request.method == "POST" else request.GET
    which = OrganisationForm(named if "organisation" in named else None)
    if not which.is_valid():
        return render(request, "reports/subject_new.html", {"form": which}, status=UNPROCESSABLE if which.errors else 200)
    organisation = which.cleaned_data["organisation"]
    form = RecordForm(organisation, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = subjects.record(organisation, **form.values(), by=request.user)
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), str(refused))
        else:
            messages.success(request, _("It is recorded."))
            return redirect("subject_request", made.pk)
    shown = {"form": form, "organisation": organisation}
    return render(request, "reports/subject_new.html", shown, status=UNPROCESSABLE if form.errors else 200)


def fetched(pk: int) -> SubjectRequest:
    rows = SubjectRequest.objects.select_related("organisation", "user", "party", "identified_by", "ended_by", "answer")
    return get_object_or_404(rows, pk=pk)


@staff(P.SUBJECT_ANSWER)
@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, fetched(pk))


def page(request: HttpRequest, asked: SubjectRequest, *, status: int = 200, **filled: DeskForm) -> HttpResponse:
    weighed = [] if asked.outcome else subjects.weighed(asked.organisation)
    shown = {
        "asked": asked,
        "tone": subjects.tone(asked),
        "weighed": weighed,
        "forms": {name: filled.get(name) or made(asked, None) for name, made in FORMS.items()},
        "is_late": not asked.outcome and asked.due_on < subjects.today(),
        "is_held": bool(not asked.outcome and retention.holds_on(asked.organisation)),
        "mails": 0 if asked.outcome else subjects.mail_of(asked).count(),
        "order": subjects.order_of(asked),
        "waits": asked.answer and asked.answer.state == "requested",
        "has_failed": asked.answer and asked.answer.state == "failed",
    }
    return render(request, "reports/subject_request.html", shown, status=status)


def tried(request: HttpRequest, pk: int, name: str, act: Callable[..., Any], done: str) -> HttpResponse | None:
    """None once it is done; else the page again, with why not and all that was typed."""
    asked = fetched(pk)
    if asked.outcome:
        messages.error(request, _("This request has ended, and nothing of it changes any more."))
        return redirect("subject_request", pk)
    form = FORMS[name](asked, request.POST)
    if form.is_valid():
        values = form.values() if isinstance(form, IdentifyForm) else form.cleaned_data
        try:
            act(asked, **values, by=request.user)
        except Refused as refused:
            field = getattr(refused, "field", None)
            form.add_error(field if field in form.fields else None, str(refused))
        else:
            messages.success(request, done)
            return None
    return page(request, asked, status=UNPROCESSABLE, **{name: form})


@staff(P.SUBJECT_ANSWER)
@require_POST
def identify(request: HttpRequest, pk: int) -> HttpResponse:
    done = _("The person is identified.")
    return tried(request, pk, "identify", subjects.identify, done) or redirect("subject_request", pk)


@staff(P.SUBJECT_ANSWER)
@require_POST
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    done = _("It is due later now. A member reads why in a mail; tell anybody else as he asked.")
    return tried(request, pk, "extend", subjects.extend, done) or redirect("subject_request", pk)


@staff(P.SUBJECT_ANSWER)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    return tried(request, pk, "end", subjects.end, _("The request has ended.")) or redirect("subject_request", pk)


def deciding(request: HttpRequest, pk: int) -> str:
    with scope.of_officer(request.user):
        asked = fetched(pk)
    return _("Decide %(number)s of %(person)s: %(kind)s") % {
        "number": asked.number, "person": asked.person, "kind": asked.get_kind_display(),
    }  # fmt: skip


@staff(P.SUBJECT_ANSWER, in_parts=True)
@require_POST
@elevated(deciding)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The decision, and then its report, which tells what had been committed."""
    with scope.of_officer(request.user):
        refused = tried(request, pk, "decide", subjects.decide, _("It is decided. The answer is being made."))
    return refused or issued(request, pk)


@staff(P.SUBJECT_ANSWER, in_parts=True)
@require_POST
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the report of a decision is missing or could not be built."""
    return issued(request, pk)


def issued(request: HttpRequest, pk: int) -> HttpResponse:
    now = snapshots.take()
    with scope.of_officer(request.user):
        try:
            subjects.issue(fetched(pk), now=now, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("subject_request", pk)
