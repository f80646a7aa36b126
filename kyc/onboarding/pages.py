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
    case, found = steps.current_case(organisation), steps.gaps(organisation)
    form = context.get("form")
    return render(
        request,
        f"onboarding/{template}.html",
        {
            "organisation": organisation,
            "case": case,
            "steps": steps.stepper(case, found, step),
            "missing": found,
            "missing_here": [gap for gap in found if gap.step == step],
            "saved_at": steps.saved_at(organisation) if case and case.is_editable else None,
            **context,
        },
        status=422 if form is not None and form.errors else 200,
    )
