"""Why an approval cannot be taken yet."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kyc.cases import differing, exposed, flags
from kyc.cases.declared import listed
from kyc.cases.models import Case, Examination, Finding
from kyc.cases.outdated import Overtaken, hits_of
from kyc.evidence import authority, reviews
from kyc.evidence.proofs import verified_us
from kyc.parties.actions import customer
from kyc.parties.models import Party, PaymentMeans
from kyc.screening.entries import is_exposure
from kyc.screening.models import Hit


def obstacles(case: Case, *, overtaken: Overtaken | None = None) -> list[str]:
    """Sentences; empty when nothing stands in the way of an approval. `overtaken` is the caller's, who asks for more than this
    by it."""
    latest = case.examinations.order_by("-pk").first()
    if latest is None or latest.state != Examination.State.DONE:
        return [_("The checks have not finished.")]
    if case.organisation.sandbox:
        return []
    hits = hits_of(latest)
    found = [] if latest.lists else [_("No list is loaded, so nobody was screened.")]
    if open_hits := hits.open().count():
        found.append(
            ngettext("%(n)s possible match is still open.", "%(n)s possible matches are still open.", open_hits)
            % {"n": open_hits}
        )
    if waiting := hits.open().filter(proposal__outcome="").count():
        found[-1] = f"{found[-1]} {second_person(waiting, of=open_hits)}"
    true_hits = list(hits.filter(ruling=Hit.Ruling.TRUE))
    if any(not is_exposure(hit.topics) for hit in true_hits):
        found.append(_("A party has been confirmed to be on a list."))
    found += exposed.unexplained({hit.party_id for hit in true_hits if is_exposure(hit.topics)})
    stops = Finding.objects.filter(examination=latest, state=Finding.State.BAD).exclude(category="screening")
    found += [finding.sentence for finding in stops.order_by("pk")]
    found += flags.in_the_way(case.organisation)
    found += [*foreign_data(case), *unverified_authority(case)]
    found += [*differing.in_the_way(case.organisation), *differing.unsettled(case.organisation)]
    found += differing.contradicted(case.organisation)
    if untold := len(reviews.untold(case.organisation)):
        sentence = ngettext(
            "%(n)s document was rejected or is to be sent anew, and the customer does not know yet. Ask for it, or accept it.",
            "%(n)s documents were rejected or are to be sent anew, and the customer does not know yet. Ask for them, or accept "
            "them.",
            untold,
        )
        found.append(sentence % {"n": untold})
    overtaken = overtaken or Overtaken(case)
    if overtaken.causes:
        found.append(_("The checks are being made anew: %(why)s.") % {"why": overtaken.why})
    return found


def second_person(waiting: int, *, of: int) -> str:
    """How many of the matches that are open an officer has ruled on already."""
    if of == 1:
        return _("It waits for a second person.")
    if waiting == of:
        return _("All of them wait for a second person.")
    sentence = ngettext("One of them waits for a second person.", "%(n)s of them wait for a second person.", waiting)
    return sentence % {"n": waiting}


def unverified_authority(case: Case) -> list[str]:
    """Whoever signs for the customer must be somebody whose authority an officer has verified (FATF-02)."""
    open_ones = [one.party for one in authority.of(case.organisation) if one.proof is None]
    if not open_ones:
        return []
    names = Party.objects.filter(pk__in=open_ones).order_by("pk").values_list("name", flat=True)
    sentence = _("Not verified that these may sign for the customer: %(names)s. Verify it under “People and ownership”.")
    return [sentence % {"names": listed(list(names))}]


def foreign_data(case: Case) -> list[str]:
    """What is asked of foreign customers may be missing only where every party is verified to be a US person (IAAS-18); that
    they say so is not enough."""
    party, means = customer(case.organisation), PaymentMeans.objects.live().filter(organisation=case.organisation)
    given = {_("a telephone number"): bool(party and party.phone), _("a means of payment"): means.exists()}
    lacking = [what for what, is_given in given.items() if not is_given]
    parties = Party.objects.current().filter(organisation=case.organisation)
    unverified = parties.exclude(pk__in=verified_us(parties).values("pk")).order_by("pk")
    if not lacking or not unverified:
        return []
    sentence = _(
        "Missing: %(what)s. That may be left out only where every party is verified to be a US person, and these are not: "
        "%(names)s. Verify them under “People and ownership”, or ask the customer for what is missing."
    )
    return [sentence % {"what": ", ".join(lacking), "names": listed([str(party) for party in unverified])}]
