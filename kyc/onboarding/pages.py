"""What every page of the onboarding carries: the stepper, what is missing, when it was last saved."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from accounts.models import Organisation
from kyc.onboarding import steps


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when that is nothing; None when the page was only asked for."""
    return request.POST if request.method == "POST" else None


def page(request: HttpRequest, organisation: Organisation, template: str, *, step: str = "", **context: Any) -> HttpResponse:
    """The template onboarding/TEMPLATE.html; 422 when a form in it was refused, so that nothing takes it for saved."""
    form = context.get("form")
    is_refused = form is not None and bool(form.errors)
    # Found already, and as it was where the page was only asked for or nothing was saved.
    known = getattr(request, "way", None) if request.method != "POST" or is_refused else None
    way = known or steps.way(organisation)
    case = way.case
    wanted, undone = way.asked, way.undone
    return render(
        request,
        f"onboarding/{template}.html",
        {
            "organisation": organisation,
            "look": getattr(request, "look", None),
            "case": case,
            "customer_class": way.customer_class,
            "words": way.words,
            "steps": way.stepper(step),
            "open_steps": way.open,
            "next_step": way.after(step) if step else None,
            "missing": way.gaps,
            "missing_here": [gap for gap in way.gaps if gap.step == step],
            "asked": wanted,
            "first_undone": undone[0] if undone else None,
            "undone": undone,
            "undone_here": [one for one in undone if one.step == step],
            # What only a sentence asks for counts until it is sent.
            "open_count": sum(1 for one in wanted if not one.is_done),
            "may_replace": way.may_replace,
            "todo": len(way.gaps) + len(undone),
            "is_itemised": any(one.step for one in wanted),
            "is_payment_asked": "payment" in way.names,
            "saved_at": steps.saved_at(organisation) if case and case.is_editable else None,
            **context,
        },
        status=422 if is_refused else 200,
    )
