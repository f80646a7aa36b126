"""Directives: which there are, a new one with what it would touch, and one with its life and its minutes."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import Organisation
from accounts.permissions import Permission
from accounts.refused import Refused
from kyc.desk import timeline
from kyc.desk.acting import act
from kyc.desk.directive_forms import BY, FACT_WORDS, DirectiveForm, ExtensionForm, ReasonForm
from kyc.desk.queue import Tab, known_or, page_number
from kyc.directives import acting, counting, extending, minutes
from kyc.directives.models import Directive, DirectiveExtension, DirectivePreview
from kyc.rules import packs

P, S = Permission, Directive.State
PAGE, MINUTES = 50, 60
UNPROCESSABLE = 422
TABS: dict[str, Promise] = {"open": gettext_lazy("Proposed and in force"), "over": gettext_lazy("Over")}
EXPIRED = Q(state=S.TAKEN, expires_at__isnull=False, expires_at__lte=Now())
OVER = Q(state__in=[S.DECLINED, S.LIFTED, S.UNDONE]) | EXPIRED
OF_TAB = {"open": ~OVER, "over": OVER}
TONES = {S.PROPOSED: "warn", S.TAKEN: "bad", S.DECLINED: "neutral", S.LIFTED: "good", S.UNDONE: "neutral"}
COLUMNS = (
    gettext_lazy("Directive"), gettext_lazy("Over"), gettext_lazy("Received"), gettext_lazy("Keys"), gettext_lazy("State"),
)  # fmt: skip


@staff(P.DIRECTIVE_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    number, here = page_number(request.GET.get("page", "")), known_or(request.GET.get("tab", ""), TABS, "open")
    counts = Directive.objects.aggregate(**{tab: Count("pk", filter=which) for tab, which in OF_TAB.items()})
    start = (number - 1) * PAGE
    rows = list(Directive.objects.filter(OF_TAB[here]).order_by("-pk")[start : start + PAGE + 1])
    shown = {
        "tabs": [Tab(label, f"?tab={tab}", tab == here, counts[tab]) for tab, label in TABS.items()],
        "rows": [{"directive": row, "tone": tone(row)} for row in rows[:PAGE]],
        "columns": [{"label": label} for label in COLUMNS],
        "newer": f"?tab={here}&page={number - 1}" if number > 1 else "",
        "older": f"?tab={here}&page={number + 1}" if len(rows) > PAGE else "",
        "first": start + 1,
        "last": start + min(len(rows), PAGE),
    }
    return render(request, "desk/directives.html", shown)


@staff(P.DIRECTIVE_WORK)
def new(request: HttpRequest) -> HttpResponse:
    """Proposed by what was sent; before that nothing is written."""
    is_sent = request.method == "POST"
    form = DirectiveForm(request.POST if is_sent else None, actions=() if is_sent else (request.path,))
    if is_sent and (made := act(form, lambda **_data: propose(request, form))):
        messages.success(request, _("%(number)s is proposed. Nothing happens until another officer takes it.") % {"number": made})
        return redirect("desk:directive", made.pk)
    return render(request, "desk/directive_new.html", {"form": form}, status=UNPROCESSABLE if is_sent else 200)


def propose(request: HttpRequest, form: DirectiveForm) -> Directive:
    return acting.propose(form.order(), left_out=form.cleaned_data["left_out"], by=request.user)


@staff(P.DIRECTIVE_WORK)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What was typed, with what it would touch, as far as that is counted; sent again, how far it is by then."""
    form = DirectiveForm(request.POST)
    found = act(form, lambda **data: acting.preview(form.order(), left_out=data["left_out"]))
    facts = {"form": form} | (counted(found) if found else {})
    return render(request, "desk/directive_new.html", facts, status=200 if found else UNPROCESSABLE)


def counted(found: DirectivePreview) -> dict[str, Any]:
    return {
        "count": found,
        "numbers": numbers(found.told),
        "address": reverse("desk:directive_previewed", args=[found.pk]),
    }


@staff(P.DIRECTIVE_WORK)
@require_safe
def previewed(request: HttpRequest, pk: int) -> HttpResponse:
    """What an order would touch alone, and how far the count is."""
    return render(request, "desk/directive_preview.html", counted(get_object_or_404(DirectivePreview, pk=pk)))


@staff(P.DIRECTIVE_WORK)
@require_POST
def count(request: HttpRequest, pk: int) -> HttpResponse:
    """Anew, for whoever takes it."""
    found = fetched(pk)
    if found.is_proposed:
        counting.ask(counting.of(found), is_anew=True)
        messages.success(request, _("What it would touch is counted anew."))
    return redirect("desk:directive", found.pk)


def numbers(told: dict[str, Any]) -> dict[str, Any] | None:
    """As the page shows what a directive would touch; nothing where that is not counted yet."""
    if not told:
        return None
    share = 100 * told["requests"] / told["requests_of_all"] if told["requests_of_all"] else 0
    missing = [(FACT_WORDS[code], n) for code, n in told["missing"].items()]
    return told | {"share": share, "would_show": missing, "at": datetime.fromisoformat(told["facts_at"])}


def tone(row: Directive) -> str:
    return "good" if row.is_expired else TONES[S(row.state)]


def fetched(pk: int) -> Directive:
    rows = Directive.objects.select_related("proposed_by", "proposal__outcome_by", "ended_by", "standing")
    return get_object_or_404(rows, pk=pk)


@staff(P.DIRECTIVE_VIEW)
@require_safe
def directive(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(pk))


def over(found: Directive) -> list[str]:
    """Whom it is over, beyond the name of the population: countries and by what they count, customers, or each test of a rule."""
    asked = found.parameters
    by = ", ".join(str(BY[code]) for code in asked.get("by", ()))
    countries = ", ".join(asked.get("countries", ()))
    named = Organisation.objects.filter(pk__in=asked.get("organisations", ())).order_by("name", "pk")
    tests = [f"{FACT_WORDS[test['fact']]}: {', '.join(test['values'])}" for test in asked.get("tests", ())]
    return [one for one in (countries, by) if one] + [f"{one.name} (O-{one.pk})" for one in named] + tests


def later(found: Directive) -> list[tuple[str, datetime]]:
    """Which models follow, by name, and when."""
    titles = packs.current().key_catalogue("tiers")
    return [(titles.get(code, code), datetime.fromisoformat(at)) for code, at in found.later.items()]


def shown(request: HttpRequest, found: Directive, *, status: int = 200, **filled: Any) -> HttpResponse:
    extension = found.extensions.filter(state="proposed").select_related("proposed_by").first()
    rows = list(found.minutes.order_by("-minute")[:MINUTES])
    pack = packs.current()
    count = counting.last(counting.of(found)) if found.is_proposed else None
    facts: dict[str, Any] = {
        "directive": found,
        "tone": tone(found),
        "over": over(found),
        "later": later(found),
        "numbers": numbers(count.told if count and count.told else found.preview),
        "count": count,
        "address": reverse("desk:directive", args=[found.pk]),
        "extension": extension,
        "is_own_extension": extension is not None and extension.proposed_by_id == request.user.pk,
        "extensions": found.extensions.filter(state="taken").select_related("proposed_by", "extended_by").order_by("pk"),
        "extend_form": ExtensionForm(auto_id="extend_%s"),
        "now": minutes.now(found) if found.is_taken and not found.is_expired else None,
        "minutes": rows,
        "tiers": found.standing.tiers.order_by("begins_at", "pk"),
        "closed": [pack.key_catalogue("tiers").get(code, code) for code in found.tiers],
        "exceptions": found.exceptions.select_related("organisation", "made_by").order_by("pk"),
        "notices": found.notices.aggregate(whole=Count("pk"), told=Count("pk", filter=Q(told_at__isnull=False))),
        "events": timeline.about(request.user, found),
        "may_work": request.user.can(P.DIRECTIVE_WORK),
        "is_own": found.proposed_by_id == request.user.pk,
        **{f"{name}_form": ReasonForm(auto_id=f"{name}_%s") for name in ("decline", "lift", "undo", "unextend")},
    }
    return render(request, "desk/directive.html", facts | filled, status=status)


@staff(P.DIRECTIVE_WORK)
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(pk)
    try:
        acting.take(found, by=request.user)
    except Refused as refused:
        return shown(request, fetched(pk), status=UNPROCESSABLE, refused=str(refused))
    messages.success(request, _("Taken. Keys are refused from its time on."))
    return redirect("desk:directive", pk)


@staff(P.DIRECTIVE_WORK)
@require_POST
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(pk), ExtensionForm(request.POST, auto_id="extend_%s")
    if act(form, partial(extending.propose, found, by=request.user)):
        messages.success(request, _("Proposed. It ends as it did until another officer takes that."))
        return redirect("desk:directive", pk)
    return shown(request, fetched(pk), status=UNPROCESSABLE, extend_form=form)


def open_extension(pk: int) -> DirectiveExtension:
    """The last one, so that whoever comes too late reads what became of it."""
    rows = DirectiveExtension.objects.select_related("directive").filter(directive=pk).order_by("-pk")
    if found := rows.first():
        return found
    raise Http404


@staff(P.DIRECTIVE_WORK)
@require_POST
def extension_take(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        extending.take(open_extension(pk), by=request.user)
    except Refused as refused:
        return shown(request, fetched(pk), status=UNPROCESSABLE, refused=str(refused))
    messages.success(request, _("Extended."))
    return redirect("desk:directive", pk)


@staff(P.DIRECTIVE_WORK)
@require_POST
def extension_decline(request: HttpRequest, pk: int) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="unextend_%s")
    if act(form, partial(extending.decline, open_extension(pk), by=request.user)):
        messages.success(request, _("It is not extended."))
        return redirect("desk:directive", pk)
    return shown(request, fetched(pk), status=UNPROCESSABLE, unextend_form=form)


def ended(request: HttpRequest, pk: int, name: str, verb: Callable[..., Directive], done: str) -> HttpResponse:
    found, form = fetched(pk), ReasonForm(request.POST, auto_id=f"{name}_%s")
    if act(form, partial(verb, found, by=request.user)):
        messages.success(request, done)
        return redirect("desk:directive", pk)
    return shown(request, fetched(pk), status=UNPROCESSABLE, **{f"{name}_form": form})


@staff(P.DIRECTIVE_WORK)
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    return ended(request, pk, "decline", acting.decline, _("It is not done."))


@staff(P.DIRECTIVE_WORK)
@require_POST
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    return ended(request, pk, "lift", acting.lift, _("Lifted. What it had closed is being opened."))


@staff(P.DIRECTIVE_WORK)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    return ended(request, pk, "undo", acting.undo, _("Undone. What it had closed is being opened."))
