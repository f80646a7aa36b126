"""What spoke for a controller as it was kept, to be read: who was of it, and what tied them, also what was not counted."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.desk import controllers
from kyc.desk import network_words as words
from kyc.desk.network_words import Told
from kyc.networks.controller_models import KeptEvidence

# Edges that stand on the page; all of them are in the file.
MOST = 200


@staff(Permission.NETWORK_VIEW)
@require_safe
def kept(request: HttpRequest, pk: int, kept: int) -> HttpResponse:
    found = controllers.fetched(request, pk)
    row = get_object_or_404(KeptEvidence.objects.select_related("incident", "kept_by"), pk=kept, controller=found)
    content = read(row.content)
    if "download" in request.GET:
        if content is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{found.number}-{row.sha256[:16]}.json"'}
        return HttpResponse(row.content, content_type="application/json", headers=headers)
    facts: dict[str, Any] = {"controller": found, "kept": row}
    if content:
        names = {member["account"]: member["name"] for member in content["members"]}
        edges = sorted(content["edges"], key=lambda edge: -edge["bits"])
        facts |= {
            "content": content,
            "members": [
                (member["name"], words.families(member["via"]), member["confidence"] and words.confidence(member["confidence"]))
                for member in content["members"]
            ],
            "edges": [told(edge, names) for edge in edges[:MOST]],
            "more": max(0, len(edges) - MOST),
        }
    return render(request, "desk/kept.html", facts)


def read(content: str) -> dict[str, Any] | None:
    """None of what was erased."""
    return json.loads(content) if content.startswith("{") else None


def told(edge: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    rows = [(Told.of(one), bool(one.get("counted"))) for one in edge["evidence"]]
    return {
        "a": names.get(edge["a"], edge["a"]), "b": names.get(edge["b"], edge["b"]), "bits": words.bits(edge["bits"]),
        "counted": [one for one, is_counted in rows if is_counted],
        "aside": [one for one, is_counted in rows if not is_counted],
    }  # fmt: skip
