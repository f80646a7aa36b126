"""An officer's word on what a company claims to be left out of."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.cases import judging
from kyc.desk.left_out import RuleForm, live
from kyc.desk.views import fetched, tried
from kyc.evidence import proofs
from kyc.evidence.models import Document, ExclusionRuling
from kyc.parties.actions import customer
from kyc.parties.models import Party


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def rule(request: HttpRequest, pk: int, exclusion: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(live(found), pk=exclusion)
    documents = Document.objects.openable().filter(organisation=found.organisation).order_by("pk")
    form = RuleForm(target, proofs.papers_of(target.party, customer(found.organisation), documents), request.POST)
    act = partial(judging.rule_exclusion, found, target, by=request.user)
    done = partial(ruled, target.party)
    return tried(request, found, form, act, done=done, tab="people", exclusion_form=form, exclusion_pk=exclusion)


def ruled(party: Party, made: ExclusionRuling) -> str:
    if made.ruling == ExclusionRuling.Ruling.VERIFIED:
        return _("Verified: %(name)s.") % {"name": party}
    return _("Not accepted: nothing rests on what %(name)s claims.") % {"name": party}
