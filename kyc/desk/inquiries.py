"""What officers ask of the lists beside any case, about somebody or about everybody in a file; and what came of it, at an address
of its own."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import User
from accounts.permissions import Permission as P
from accounts.progress import of_job
from accounts.refused import Refused
from accounts.vault import Unreadable
from kyc.desk import answers, inquiry_file
from kyc.desk.inquiry_forms import AskForm, FileForm
from kyc.desk.queue import PAGE, Column, OfList, Paged, Tab, known_or, typed
from kyc.screening import asked as asking
from kyc.screening import inquiries as actions
from kyc.screening.filed import MOST_NAMES, Fault
from kyc.screening.models import Inquiry, InquiryPart, InquiryQuerySet, ListVersion

Standing = Inquiry.Standing
UNPROCESSABLE = 422
NUMBER = re.compile(r"Q-\d{4}-(\d{1,9})", re.ASCII | re.IGNORECASE)
WHOSE: dict[str, Promise] = {"all": gettext_lazy("Everybody’s"), "mine": gettext_lazy("Mine")}
ONLY: dict[str, Promise] = {"": gettext_lazy("With possible matches"), "strong": gettext_lazy("With strong ones")}
COLUMNS = (
    Column(gettext_lazy("Who was asked about")),
    Column(gettext_lazy("What came of it")),
    Column(gettext_lazy("What for")),
    Column(gettext_lazy("Asked by")),
    Column(gettext_lazy("Asked, UTC"), sorted="descending"),
)
ROW_COLUMNS = (
    Column(gettext_lazy("Name")), Column(gettext_lazy("Comes closest")),
    Column(gettext_lazy("List")), Column(gettext_lazy("Score"), num=True),
)  # fmt: skip
TONES = {
    Standing.HELD: "warn", Standing.ASKED: "info", Standing.LOOKING: "info", Standing.ANSWERED: "neutral",
    Standing.CANCELLED: "neutral", Standing.FAILED: "bad",
}  # fmt: skip
IT = gettext_lazy("The question")
# Sentences about rows that the page shows; all of them stand in the file.
FAULTS_SHOWN = 50


class Asked(OfList):
    def __init__(self, query: QueryDict, user: User) -> None:
        super().__init__(query)
        self.tab = known_or(query.get("tab", ""), WHOSE, "all") if user.can(P.INQUIRY_ALL) else "mine"
        self.text = typed(query, "q")

    @property
    def words(self) -> dict[str, str]:
        return {"tab": self.tab, "q": self.text}


@dataclass(frozen=True)
class Row:
    """One that was asked, with what came of it in a few words and their tone."""

    inquiry: Any

    @property
    def tone(self) -> str:
        if self.inquiry.standing != Standing.ANSWERED:
            return TONES[self.inquiry.standing]
        return "bad" if self.inquiry.strong_rows else "warn" if self.inquiry.hit_rows else "good"

    @property
    def outcome(self) -> str:
        found = self.inquiry
        if found.standing != Standing.ANSWERED:
            return str(found.standing.label)
        if not found.hit_rows:
            return _("Nothing found")
        if not found.is_bulk:
            return _("Strong match") if found.strong_rows else _("Possible match")
        return _("%(n)s rows with possible matches") % {"n": f"{found.hit_rows:,}"}

    @property
    def percent(self) -> int:
        return 100 * self.inquiry.done_rows // self.inquiry.asked_rows


@dataclass(frozen=True)
class Page(Paged):
    asked: Asked
    rows: list[Row]
    has_more: bool
    may_see_all: bool

    @property
    def tabs(self) -> list[Tab]:
        if not self.may_see_all:
            return []
        return [Tab(label, self.asked.address(tab=name), name == self.asked.tab) for name, label in WHOSE.items()]

    @property
    def cleared(self) -> str:
        return self.asked.address(q="")


def page(user: User, query: QueryDict) -> Page:
    asked = Asked(query, user)
    rows = searched(Inquiry.objects.visible_to(user), asked.text)
    if asked.tab == "mine":
        rows = rows.filter(asked_by=user)
    # Only those shown are counted through, however many there are.
    shown = asked.cut(rows.order_by("-pk").values_list("pk", flat=True))
    found = Inquiry.objects.counted().filter(pk__in=shown[:PAGE]).select_related("asked_by").order_by("-pk")
    return Page(asked, [Row(one) for one in found], len(shown) > PAGE, user.can(P.INQUIRY_ALL))


def searched(rows: InquiryQuerySet, text: str) -> InquiryQuerySet:
    """By its number, or a word of the name or the note."""
    if number := NUMBER.fullmatch(text):
        return rows.filter(pk=int(number[1]))
    return rows.filter(Q(title__icontains=text) | Q(note__icontains=text)) if text else rows


@staff(P.INQUIRY_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    return start(request, AskForm(initial=again(request), actions=(reverse("desk:inquiry_ask"),)))


def start(request: HttpRequest, form: AskForm, *, status: int = 200) -> HttpResponse:
    shown = {"page": page(request.user, request.GET), "columns": COLUMNS, "form": form}
    return render(request, "desk/inquiries.html", shown, status=status)


def again(request: HttpRequest) -> dict[str, str]:
    """What the reader himself asked before, to be asked again."""
    number = request.GET.get("again", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return {}
    part = InquiryPart.objects.filter(inquiry=int(number), inquiry__asked_by=request.user, is_bulk=False)
    found = part.select_related("inquiry").first()
    if found is None or isinstance(found.subjects, Unreadable):
        return {}
    return AskForm.initial_of(asking.subjects_of(found.subjects)[0], found.inquiry)


@staff(P.INQUIRY_ASK)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            made = actions.ask(form.about(), **form.why(), by=request.user)
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), str(refused))
        else:
            return redirect("desk:inquiry", made.pk)
    return start(request, form, status=UNPROCESSABLE)


@staff(P.INQUIRY_ASK)
def file(request: HttpRequest) -> HttpResponse:
    form = FileForm(*([request.POST, request.FILES] if request.method == "POST" else []))
    faults: list[Fault] = []
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        found, faults = told["file"], told["file"].faults
        try:
            made = actions.ask_file(found, name=form.named, reason=told["reason"], note=told["note"], by=request.user)
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), str(refused))
        else:
            if found.unread:
                messages.info(request, _("Columns that are not read: %(names)s.") % {"names": ", ".join(found.unread)})
            return redirect("desk:inquiry", made.pk)
    shown: dict[str, Any] = {"form": form, "faults": faults[:FAULTS_SHOWN], "more_faults": max(0, len(faults) - FAULTS_SHOWN)}
    shown["most_names"] = MOST_NAMES
    return render(request, "desk/inquiry_file.html", shown, status=UNPROCESSABLE if form.errors else 200)


@staff(P.INQUIRY_ASK)
@require_safe
def sample(request: HttpRequest) -> HttpResponse:
    headers = {"Content-Disposition": 'attachment; filename="screening-sample.csv"'}
    return HttpResponse(inquiry_file.sample(), content_type="text/csv; charset=utf-8", headers=headers)


def fetched(request: HttpRequest, pk: int) -> Any:
    rows = Inquiry.objects.visible_to(request.user).counted().select_related("asked_by", "cancelled_by")
    return get_object_or_404(rows, pk=pk)


def faults_of(inquiry: Inquiry) -> list[Fault]:
    told = inquiry.faults
    return [] if not told or isinstance(told, Unreadable) else [Fault(**row) for row in json.loads(told)]


@staff(P.INQUIRY_VIEW)
@require_safe
def inquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """The page asks again every second while a worker looks; without JavaScript the reader reloads. Whoever is shown what was
    found is recorded."""
    found = fetched(request, pk)
    shown: dict[str, Any] = {"inquiry": found, "row": Row(found), "is_erased": is_erased(found), **searched_by(found)}
    # What was erased is asked no more, also where no worker has come by yet.
    is_moving = found.standing in (Standing.ASKED, Standing.LOOKING) and not shown["is_erased"]
    shown |= {"is_moving": is_moving, "is_mine": found.asked_by_id == request.user.pk}
    next_part = found.parts.filter(state="waiting").order_by("claimed_until", "pk").first() if is_moving else None
    if next_part:
        shown["progress"] = of_job(IT, next_part, found.begun_at)
    elif not shown["is_erased"]:
        shown |= results(request, found)
    template = "desk/inquiry_state.html" if request.htmx else "desk/inquiry.html"  # type: ignore[attr-defined]  # django-htmx
    return render(request, template, shown)


def is_erased(found: Inquiry) -> bool:
    """All parts of it are sealed under one key."""
    first = found.parts.order_by("first").first()
    return first is None or isinstance(first.subjects, Unreadable)


def searched_by(found: Inquiry) -> dict[str, Any]:
    """The lists that were asked, and whether any of them was older than it may be."""
    used = answers.used(found)
    return {"used": used, "is_stale": any(one.too_old for one in used)}


def results(request: HttpRequest, found: Any) -> dict[str, Any]:
    faults = faults_of(found)
    shown = {
        "faults": faults[:FAULTS_SHOWN],
        "more_faults": max(0, len(faults) - FAULTS_SHOWN),
        "has_newer": answers.has_newer(found),
        "engines": list(found.parts.filter(state="done").values_list("engine", "configuration").distinct()),
        "failure": found.parts.filter(state="failed").values_list("failure", flat=True).first() or "",
    }
    if not found.done_rows:
        return shown
    if request.method == "GET":
        actions.looked_at(found, by=request.user)
    if found.is_bulk:
        return shown | {"table": table(found, request.GET), "columns": ROW_COLUMNS}
    _place, asked, answer = answers.of_part(found.parts.get())[0]
    return shown | {"told": answers.told(answers.masked(asked, found, request.user), answer)}


class AskedTable(OfList):
    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.only = known_or(query.get("only", ""), ONLY, "")

    @property
    def words(self) -> dict[str, str]:
        return {"only": self.only}


@dataclass(frozen=True)
class TablePage(Paged):
    """A page of the rows of a file in which something was found: place, who, and what comes closest."""

    asked: AskedTable
    rows: list[tuple[int, asking.Asked, asking.Found, str]]
    has_more: bool
    total: int

    @property
    def tabs(self) -> list[Tab]:
        return [Tab(label, self.asked.address(only=name), name == self.asked.only) for name, label in ONLY.items()]


def table(found: Inquiry, query: QueryDict) -> TablePage:
    """By the counts of its parts, so that only those are opened whose rows are shown."""
    asked = AskedTable(query)
    column = "with_strong" if asked.only else "with_hits"
    counts = list(found.parts.filter(**{f"{column}__gt": 0}).order_by("first").values_list("pk", column))
    if (asked.number - 1) * PAGE >= sum(count for _pk, count in counts):
        asked.number = 1
    start, end, before = (asked.number - 1) * PAGE, asked.number * PAGE, 0
    chosen: dict[int, tuple[int, int]] = {}
    for pk, count in counts:
        if before < end and before + count > start:
            chosen[pk] = (max(0, start - before), end - before)
        before += count
    rows = []
    for part in InquiryPart.objects.filter(pk__in=chosen).order_by("first"):
        first, last = chosen[part.pk]
        rows += [one for one in answers.of_part(part) if (one[2].is_strong if asked.only else one[2].hits)][first:last]
    shown = [(place, who, (best := answer.hits[0]), ListVersion.Source(best.source).label) for place, who, answer in rows]
    return TablePage(asked, shown, before > end, before)


@staff(P.INQUIRY_VIEW)
@require_safe
def row(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """One row of a file, as one who was asked about alone."""
    found = fetched(request, pk)
    part = get_object_or_404(found.parts.filter(state="done", is_bulk=True, first__lte=place).order_by("-first")[:1])
    if place >= part.first + part.size or isinstance(part.subjects, Unreadable):
        return redirect("desk:inquiry", pk)
    _place, asked, answer = answers.of_part(part)[place - part.first]
    if request.method == "GET":
        actions.looked_at(found, row=asked.line, by=request.user)
    told = answers.told(answers.masked(asked, found, request.user), answer, place)
    shown = {"inquiry": found, "told": told, **searched_by(found), "engines": [(part.engine, part.configuration)]}
    return render(request, "desk/inquiry_row.html", shown)


@staff(P.INQUIRY_VIEW)
@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All that came of it as a file, written as it is sent; that it was taken is recorded."""
    found = fetched(request, pk)
    if is_erased(found):
        return redirect("desk:inquiry", pk)
    if request.method == "GET":
        actions.downloaded(found, by=request.user)
    return StreamingHttpResponse(
        inquiry_file.lines(found, faults_of(found), to=request.user),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.number}.csv"', "Cache-Control": "private, no-store"},
    )


@staff(P.INQUIRY_ASK)
@require_POST
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    return tried(request, pk, lambda found: actions.go_on(found, by=request.user))


@staff(P.INQUIRY_ASK)
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return tried(request, pk, lambda found: actions.cancel(found, by=request.user))


def tried(request: HttpRequest, pk: int, act: Any) -> HttpResponse:
    try:
        act(fetched(request, pk))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("desk:inquiry", pk)
