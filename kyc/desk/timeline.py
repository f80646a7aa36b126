"""What happened to an organisation, in words."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, Model, Q
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import looking
from accounts.models import AuditEvent, AuditQuerySet, Organisation, User
from accounts.permissions import ROLES, Permission
from kyc.cases.models import Case
from kyc.desk.words import CHOICES
from kyc.evidence.actions import REASONS as LOOKED_FOR
from kyc.evidence.models import Document
from kyc.keys import amounts
from kyc.keys.appeal_models import Restriction
from kyc.keys.pool_models import Period
from kyc.networks.ruling_models import Ruling
from kyc.ownership.shares import BadShare, as_stated
from kyc.parties.revealing import PURPOSES
from kyc.screening.actions import REASONS as RULING_REASONS

PAGE = 100
LATELY = 5
# Kind in the address: its name, and the first words of the verbs that belong to it.
KINDS: dict[str, tuple[Promise, tuple[str, ...]]] = {
    "case": (_("Case"), ("case.", "entity.", "requirement.", "organisation.", "customer.", "member.")),
    "decisions": (_("Decisions"), ("decision.",)),
    "parties": (
        _("People and ownership"),
        (
            "party.",
            "interest.",
            "observation.",
            "discrepancy.",
            "evidence.",
            "person.",
            "status.",
            "authority.",
            "attribute.",
            "exclusion.",
            "agency.",
            "sameness.",
            "divergence.",
            "field.",
            "subject.",
            "confirmation.",
            "code.",
            "domain.",
            "outside.",
        ),
    ),
    "documents": (_("Documents"), ("document.",)),
    "screening": (_("Screening"), ("hit.", "list.", "inquiry.")),
    "keys": (_("Keys"), ("key.", "hold.", "link.", "limit.", "restriction.", "appeal.", "directive.")),
    "kept": (_("Retention"), ("legal_hold.",)),
    "reports": (_("Reports"), ("report.",)),
}
# What only who sees the investigators' compartment is offered.
CONFINED_KINDS: dict[str, tuple[Promise, tuple[str, ...]]] = {
    "incidents": (_("Incidents"), ("incident.", "controller.", "measure.", "rule.")),
    "networks": (_("Networks"), ("network.", "networks.", "indications.", "authorisation.")),
}
# By which somebody only reads. That an investigator read something of a customer tells that there is something to investigate.
LOOKS = (
    "document.viewed",
    "field.revealed",
    "key.looked_up",
    "report.downloaded",
    "report.pack_asked",
    "report.pack_taken",
    looking.VERB,
)
VERBS = {
    "case.opened": _("opened the case"),
    "case.submitted": _("sent the case"),
    "case.examined": _("finished the checks"),
    "case.checks_asked_again": _("asked for the checks again"),
    "case.assigned": _("set the owner"),
    "case.approved": _("approved the case"),
    "case.refused": _("refused the case"),
    "case.waiting": _("asked the customer for more"),
    "requirement.asked": _("asked the customer for the source of wealth"),
    "requirement.withdrawn": _("asks for the source of wealth no more"),
    "requirement.placed": _("asked the customer to show something again"),
    "requirement.taken_back": _("asks the customer for it no more"),
    "requirement.accepted": _("accepted a proof of the source of wealth"),
    "case.closed": _("ended the case with the account"),
    "case.taken_back": _("ended the case: what was asked for was taken back"),
    "organisation.closed": _("closed the account"),
    "organisation.reopened": _("opened the account again"),
    "subject_request.received": _("received a request about a person's own data"),
    "subject_request.identified": _("identified who asked about his own data"),
    "subject_request.extended": _("extended a request about a person's own data"),
    "subject_request.decided": _("decided on a request about a person's own data"),
    "subject_request.withdrawn": _("took back a request about his own data"),
    "subject_request.ended": _("ended a request about a person's own data"),
    "subject_request.answer_taken": _("took the answer about his own data"),
    "erasure.carried_out": _("erased what a person asked to be erased"),
    "organisation.statement_downloaded": _("downloaded the statement of what we keep"),
    "legal_hold.placed": _("placed a legal hold"),
    "legal_hold.lifted": _("lifted a legal hold"),
    "decision.proposed": _("proposed a decision"),
    "decision.taken": _("took the decision"),
    "decision.declined": _("sent the proposal back"),
    "decision.withdrawn": _("withdrew the proposal"),
    "entity.made": _("made the entity"),
    "entity.ended": _("ended the entity"),
    "case.review_opened": _("opened a case by itself"),
    "case.change_told": _("told of a change"),
    "case.change_taken_back": _("said that after all nothing has changed"),
    "case.change_forgotten": _("took back a change that was told by mistake; nothing was changed"),
    "entity.confirmation_asked": _("asked the customer to confirm what is known"),
    "interest.file_entered": _("entered owners from a file"),
    "case.confirmed": _("confirmed that nothing has changed"),
    "questionnaire.draft_kept": _("kept answers about the intended use, not signed yet"),
    "questionnaire.renewal_asked": _("asked the customer to sign the intended use anew"),
    "database.restored": _("went on from a backup"),
    "job.retried": _("had a failed job tried again"),
    "party.profile_chosen": _("said what they are"),
    "party.company_declared": _("declared the company"),
    "party.individual_declared": _("declared themselves"),
    "party.status_declared": _("declared a person status"),
    "payment.declared": _("named a means of payment"),
    "payment.changed": _("changed a means of payment"),
    "payment.ended": _("ended a means of payment"),
    "questionnaire.signed": _("signed the intended use"),
    "member.invited": _("invited somebody to act for the organisation"),
    "member.invitation_withdrawn": _("withdrew an invitation to act for the organisation"),
    "member.joined": _("began to act for the organisation"),
    "member.role_changed": _("changed a member's role"),
    "member.removed": _("removed a member, or left"),
    "person.invited": _("invited a person to prove who they are"),
    "person.invited_anew": _("sent an invitation again"),
    "person.invitation_withdrawn": _("withdrew an invitation"),
    "person.proofing_told": _("told the person that his identity has been verified"),
    "person.proved": _("proved who they are"),
    "status.verified": _("verified a person status"),
    "attribute.changed": _("told of another headquarters or country of formation"),
    "attribute.dated": _("said since when"),
    "attribute.verified": _("verified formation, headquarters or ultimate parent"),
    "attribute.verification_fell": _("took away what formation, headquarters or ultimate parent was verified by"),
    "exclusion.claimed": _("claimed to be left out of FinCEN's rule on owners"),
    "exclusion.withdrawn": _("took back the claim to be left out of FinCEN's rule on owners"),
    "exclusion.verified": _("verified that FinCEN's rule on owners leaves out a company"),
    "exclusion.rejected": _("did not accept that FinCEN's rule on owners leaves out a company"),
    "exclusion.verification_fell": _("took away what showed that FinCEN's rule on owners leaves out a company"),
    "confirmation.made": _("confirmed what a party says"),
    "confirmation.ended": _("ended a confirmation"),
    "code.asked": _("asked for a code"),
    "code.printed": _("printed a letter with a code"),
    "code.refused": _("typed a code that is wrong"),
    "domain.challenged": _("began to show that a domain is theirs"),
    "domain.asked": _("had a domain looked for"),
    "domain.lost": _("no longer found a domain in the customer's hands"),
    "outside.started": _("began a check by a verification service"),
    "outside.given_up": _("gave up a check that a verification service did not begin"),
    "outside.told": _("took over what a verification service found"),
    "agency.declared": _("declared to run accounts for others"),
    "agency.accounts_named": _("named accounts that an agency runs"),
    "agency.account_confirmed": _("confirmed that an agency runs its account"),
    "agency.account_left": _("said that an agency does not run its account"),
    "agency.account_answered": _("kept that an account has answered whether an agency runs it"),
    "agency.account_let_go": _("said that the agency runs an account no more"),
    "agency.corrected": _("corrected the declaration to run accounts for others"),
    "agency.renewed": _("said that it still runs accounts for others"),
    "agency.ended": _("ended the declaration to run accounts for others"),
    "agency.confirmed": _("confirmed that an agency runs accounts for others"),
    "agency.refused": _("did not accept that an agency runs accounts for others"),
    "divergence.opened": _("found that two customers say different things of one company"),
    "divergence.ended": _("found that they do so no more"),
    "divergence.resolved": _("settled what two customers say differently of one company"),
    "sameness.ruled": _("ruled whether a company is one that another customer named"),
    "flag.ruled": _("ruled on a red flag"),
    "authority.verified": _("verified who may sign"),
    "status.verification_fell": _("took away what a person status was verified by"),
    "authority.verification_fell": _("took away what showed who may sign"),
    "interest.principal_named": _("named who is behind a nominee"),
    "interest.held_for_changed": _("changed whom a nominee holds for"),
    "organisation.sandbox_made": _("made a sandbox"),
    "party.person_declared": _("declared the person"),
    "party.controller_replaced": _("replaced the controlling person"),
    "party.corrected": _("corrected the party"),
    "party.removed": _("removed the party"),
    "interest.declared": _("declared an interest"),
    "interest.share_changed": _("changed a share"),
    "interest.dated": _("said since when an interest is held"),
    "interest.ended": _("ended an interest"),
    "observation.recorded": _("recorded what another source says"),
    "observation.nobody_else": _("recorded that a source names no other owner"),
    "observation.withdrawn": _("withdrew what a source was said to say"),
    "evidence.recorded": _("recorded a piece of evidence"),
    "evidence.validated": _("told whether a piece of evidence is good"),
    "evidence.verified": _("told whether a piece of evidence is the party’s"),
    "evidence.withdrawn": _("withdrew a piece of evidence"),
    "evidence.fell": _("took away a piece of evidence with the document that it rested on"),
    "confirmation.fell": _("took away a confirmation with the document that it rested on"),
    "evidence.mismatch_found": _("found a difference between a document and the declaration"),
    "evidence.mismatch_resolved": _("resolved a difference between a document and the declaration"),
    "evidence.expiry_told": _("told the customer that a piece of evidence expires"),
    "discrepancy.opened": _("opened a difference between a source and the declaration"),
    "discrepancy.ended": _("ended a difference between a source and the declaration"),
    "discrepancy.resolved": _("resolved a difference between a source and the declaration"),
    "document.uploaded": _("sent a document"),
    "document.removed": _("removed a document"),
    "document.viewed": _("looked at a document"),
    "document.infected": _("the virus scanner found something in a document"),
    "document.unchecked": _("the virus scanner could not check a document"),
    "document.doubted": _("a machine found something in a document that speaks against it"),
    "document.released": _("released a document without the virus scanner"),
    "document.reviewed": _("judged a document"),
    "field.revealed": _("had an identifier shown"),
    "subject.erased": _("erased the data"),
    "records.disposed": _("erased records past their last day"),
    "document.downloaded": _("downloaded a document"),
    "hit.ruled": _("ruled on a possible match"),
    "hit.ruling_proposed": _("ruled on a possible match, for a second person to confirm"),
    "hit.ruling_confirmed": _("confirmed the ruling on a possible match"),
    "hit.ruling_sent_back": _("sent the ruling on a possible match back"),
    "hit.ruling_withdrawn": _("withdrew the ruling on a possible match"),
    "hit.ruling_lapsed": _("ended the ruling that waited for a second person, since the match was compared again"),
    "hit.overturned": _("overturned the ruling on a possible match"),
    "hit.overturning_proposed": _("overturned the ruling on a possible match, for a second person to confirm"),
    "hit.overturning_confirmed": _("confirmed that the ruling on a possible match is overturned"),
    "hit.overturning_sent_back": _("did not confirm that the ruling on a possible match is overturned"),
    "hit.overturning_withdrawn": _("withdrew that the ruling on a possible match is overturned"),
    "hit.overturning_lapsed": _("ended that a ruling be overturned, since the match was compared again"),
    "hit.carried": _("carried a ruling into a newer version of the list"),
    "hit.found": _("found a possible match on a newer list"),
    "hit.returned": _("asked anew about a possible match, since one side has changed"),
    "hit.gone": _("asked anew about a match that is gone from its list"),
    "hit.dropped": _("found two no longer alike"),
    "inquiry.asked": _("asked the lists about somebody who is no customer"),
    "inquiry.gone_on": _("asked about a file without the rows that can't be asked about"),
    "inquiry.answered": _("answered what was asked of the lists"),
    "inquiry.viewed": _("looked at what was asked of the lists"),
    "inquiry.downloaded": _("downloaded what was asked of the lists"),
    "inquiry.cancelled": _("cancelled what was asked of the lists"),
    "key.issued": _("issued a key"),
    "key.linked": _("linked a key"),
    "key.unlinked": _("ended the link of a key"),
    "key.rolled": _("rolled a key"),
    "key.changed": _("changed what a key is called, from where or until when it may be used"),
    "key.looked_up": _("looked up why a key is refused"),
    "key.revoked": _("revoked a key"),
    "key.answer_asked": _("asked who answers for a key now"),
    "key.answered": _("named who answers for a key"),
    "key.idle_told": _("told that nobody uses a key"),
    "key.woken": _("woke a key"),
    "key.adopted": _("said who answers for a key that was issued elsewhere"),
    "estate.file_sent": _("sent a file of keys that were issued elsewhere, to be tried"),
    "estate.file_begun": _("had a file of keys that were issued elsewhere taken over"),
    "estate.file_imported": _("has taken over a file of keys that were issued elsewhere"),
    "estate.file_discarded": _("discarded a file of keys that were issued elsewhere"),
    "estate.imported": _("took over keys that were issued elsewhere"),
    "estate.told": _("told the customer to get verified for keys that were issued elsewhere"),
    "estate.answer_asked": _("asked the customer who answers for keys that were issued elsewhere"),
    "estate.reminded": _("reminded the customer to get verified for keys that were issued elsewhere"),
    "estate.limited": _("told the customer that keys issued elsewhere are limited"),
    "estate.due": _("told the customer that keys issued elsewhere are stopped"),
    "estate.taken_over": _("took over an account that was imported"),
    "estate.key_revoked": _("revoked a key that was issued elsewhere"),
    "key.leaked": _("was told that a key stands in public"),
    "limit.set": _("set a limit of use"),
    "limit.removed": _("removed a limit of use"),
    "hold.placed": _("placed a hold"),
    "directive.proposed": _("proposed a directive"),
    "directive.taken": _("took a directive"),
    "directive.declined": _("declined a directive"),
    "directive.extension_proposed": _("proposed that a directive ends later"),
    "directive.extension_declined": _("declined that a directive ends later"),
    "directive.extended": _("extended a directive"),
    "directive.begun": _("closed models to whom a directive is over"),
    "directive.lifted": _("lifted a directive"),
    "directive.undone": _("undid a directive"),
    "training.recorded": _("recorded a training run"),
    "training.amended": _("changed what is known of a training run"),
    "training.asked": _("noted what is to be told of a training run"),
    "training.prepared": _("prepared a report of a training run"),
    "training.filed": _("checked and filed a report of a training run"),
    "training.dismissed": _("confirmed that there is nothing to report of a training run"),
    "training.sent_back": _("sent back a report of a training run"),
    "training.reminded": _("reminded officers of a report of a training run"),
    "blocked.recorded": _("recorded what was blocked or rejected"),
    "blocked.reminded": _("reminded officers of a report to OFAC"),
    "blocked.amended": _("changed what a record of blocked property tells"),
    "blocked.prepared": _("prepared a report to OFAC"),
    "blocked.filed": _("checked and filed a report to OFAC"),
    "blocked.dismissed": _("confirmed that there is nothing to report to OFAC"),
    "blocked.sent_back": _("sent back a report to OFAC"),
    "blocked.released": _("recorded that blocked property was released"),
    "reseller.entered": _("entered the customer as a reseller"),
    "reseller.reentered": _("entered the customer as a reseller again"),
    "reseller.changed": _("changed under what the reseller sells access on"),
    "reseller.assessed": _("assessed the reseller"),
    "reseller.reminded": _("reminded officers that a reseller is about to lose access"),
    "reseller.held": _("held the reseller, for nobody had resolved in time what was wrong"),
    "reseller.resolution_proposed": _("proposed that what was wrong of the reseller is put right"),
    "reseller.resolved": _("confirmed that what was wrong of the reseller is put right"),
    "reseller.resolution_sent_back": _("sent back that what was wrong of the reseller is put right"),
    "reseller.declared": _("told how many customers it serves, and where"),
    "reseller.ended": _("recorded that the customer sells access on no more"),
    "directive.left_out": _("left the customer out of a directive, for an appeal was won"),
    "restriction.placed": _("restricted the customer, and told it"),
    "restriction.ended": _("ended a restriction"),
    "appeal.sent": _("appealed"),
    "appeal.decided": _("answered an appeal"),
    "hold.lifted": _("lifted a hold"),
    "report.requested": _("asked for a report"),
    "report.built": _("finished a report, which waits for an approval"),
    "report.approved": _("approved a report"),
    "report.declined": _("did not approve a report"),
    "report.issued": _("issued a report"),
    "report.superseded": _("replaced a report by what is known later"),
    "report.withdrawn": _("withdrew a report"),
    "report.schedule_set_up": _("scheduled a report"),
    "report.schedule_reminded": _("reminded of a scheduled report"),
    "report.schedule_kept": _("asked for a scheduled report"),
    "report.schedule_ended": _("ended a schedule of reports"),
    "report.link_made": _("made a link to a report for a reader outside"),
    "report.link_ended": _("revoked a link to a report"),
    "report.link_opened": _("handed out a report to a reader outside by a link"),
    "report.downloaded": _("downloaded a report"),
    "report.pack_asked": _("asked for a large pack of reports"),
    "report.pack_built": _("put a pack of reports together"),
    "report.pack_taken": _("took the evidence pack of a report"),
    "organisation.created": _("created the organisation"),
    "report.drafted": _("drew a draft of a report"),
    "user.left": _("deleted their own account, with which nothing was begun"),
    "user.renamed": _("changed their own name"),
    looking.VERB: _("looked at the customer's pages"),
    f"{looking.VERB}.{looking.BEGAN}": _("began to look at the customer's pages"),
    f"{looking.VERB}.{looking.ENDED}": _("stopped looking at the customer's pages"),
    "staff.added": _("added a member of staff"),
    "staff.identity_joined": _("tied a staff account to the identity provider"),
    "staff.role_changed": _("changed the role of a member of staff"),
    "staff.second_factor_reset": _("took away a second factor"),
    "staff.sessions_ended": _("signed a member of staff out"),
    "list.loaded": _("loaded a list"),
    "list.day_corrected": _("corrected the day of a list"),
    "list.refused": _("refused a list"),
    "audit.verified": _("checked the audit log and found it sound"),
    "audit.found_altered": _("checked the audit log and found it altered"),
    "audit.exported": _("exported the audit trail"),
    "audit.proved": _("took the proof of an event"),
    "places.loaded": _("loaded where networks are"),
    "lei.loaded": _("loaded a list of legal entities"),
    "ranges.loaded": _("loaded whose addresses are"),
    "gateway.credential_issued": _("issued a gateway's credential"),
    "gateway.credential_revoked": _("revoked a gateway's credential"),
}
CONFINED_VERBS = {
    "incident.opened": _("opened an incident"),
    "incident.written": _("wrote on an incident"),
    "incident.involved": _("involved the organisation in an incident"),
    "incident.released": _("ended the organisation's part in an incident"),
    "incident.noted": _("wrote a note on an incident"),
    "incident.referred": _("recorded a referral"),
    "incident.closed": _("closed an incident"),
    "incident.erased": _("erased an incident"),
    "network.ruled": _("ruled on what ties accounts"),
    "network.ruling_proposed": _("proposed a ruling on what ties accounts"),
    "network.ruling_declined": _("declined a ruling on what ties accounts"),
    "network.ruling_withdrawn": _("withdrew a ruling on what ties accounts"),
    "network.attached": _("attached an account to a network"),
    "network.attachment_declined": _("left an account out of a network"),
    "network.downloaded": _("downloaded what a network is made of"),
    "networks.building_asked": _("asked for networks to be built anew"),
    "indications.asked": _("asked for a look at how keys are used"),
    "authorisation.declared": _("recorded that training with answers is authorised"),
    "authorisation.ended": _("ended the authorisation of training with answers"),
    "controller.proposed": _("proposed that accounts are one hand"),
    "controller.ruled": _("ruled that accounts are one hand"),
    "controller.declined": _("did not rule that accounts are one hand"),
    "controller.ended": _("ended a controller"),
    "controller.members_proposed": _("proposed that more accounts are of a controller"),
    "controller.members_ruled": _("ruled that more accounts are of a controller"),
    "controller.members_declined": _("did not rule that more accounts are of a controller"),
    "controller.member_left": _("took an account out of a controller"),
    "controller.noted": _("wrote a note on a controller"),
    "controller.incident_opened": _("opened an incident from a controller"),
    "measure.proposed": _("proposed a measure"),
    "measure.taken": _("took a measure"),
    "measure.declined": _("declined a measure"),
    "measure.released": _("let the rest of a measure follow"),
    "measure.undone": _("undid a measure"),
    "measure.spared": _("lifted a measure of one account"),
    "measure.retried": _("had it tried again where a measure could not be done or undone"),
    "measure.passed_over": _("passed an account over in a measure"),
    "measure.placed": _("carried a measure out on an account"),
    "measure.lifted": _("lifted what a measure had placed on an account"),
    "rule.missed": _("counted that an appeal found a rule wrong"),
    "limit.joined": _("let keys draw on a shared limit"),
    "limit.left": _("let keys draw on a shared limit no more"),
    "networks.erased": _("erased words about networks and controllers"),
    "signals.erased": _("erased signals that were not seen for long"),
    "edges.erased": _("erased what had tied accounts of networks"),
    "indications.erased": _("erased what the use of keys had indicated"),
}
# Details that say which one, fit to stand behind the verb; codes among them are read by their words.
NAMED = ("incident", "controller", "measure", "appeal", "to", "name", "prefix", "key", "reference", "choice", "ruling", "kind")
CODES: dict[str, dict[str, str | Promise]] = {
    "to": {"": _("nobody")},
    "choice": {choice: label for choice, (label, _tone) in CHOICES.items()},
    "ruling": {"true": _("it is the same"), "false": _("it is another"), "undecided": _("it is not decided")},
    "kind": dict(Document.Kind.choices) | dict(Ruling.Kind.choices) | dict(Restriction.Kind.choices),
}
TONES = {
    "case.approved": "good",
    "decision.taken": "good",
    "key.linked": "good",
    "hold.lifted": "good",
    "case.refused": "bad",
    "entity.ended": "bad",
    "case.review_opened": "warn",
    "case.change_told": "warn",
    "evidence.fell": "warn",
    "evidence.mismatch_found": "warn",
    "evidence.mismatch_resolved": "good",
    "discrepancy.opened": "warn",
    "discrepancy.ended": "good",
    "discrepancy.resolved": "good",
    "hit.found": "warn",
    "hit.returned": "warn",
    "hit.gone": "warn",
    "hit.ruling_proposed": "info",
    "hit.ruling_sent_back": "warn",
    "hit.ruling_lapsed": "warn",
    "hit.overturned": "warn",
    "hit.overturning_proposed": "info",
    "hit.overturning_confirmed": "warn",
    "hit.overturning_lapsed": "warn",
    "hold.placed": "bad",
    "restriction.placed": "bad",
    "appeal.sent": "warn",
    "organisation.closed": "bad",
    "legal_hold.placed": "warn",
    "key.revoked": "bad",
    "key.leaked": "bad",
    "key.answer_asked": "warn",
    "decision.proposed": "info",
    "case.waiting": "warn",
    "decision.declined": "warn",
    "status.verification_fell": "warn",
    "authority.verification_fell": "warn",
    "attribute.verification_fell": "warn",
    "exclusion.claimed": "warn",
    "exclusion.verification_fell": "warn",
    "confirmation.ended": "warn",
    "domain.lost": "warn",
    "agency.declared": "warn",
    "agency.corrected": "warn",
    "agency.renewed": "warn",
    "agency.confirmed": "good",
}


@dataclass(frozen=True)
class Happening:
    """As components/timeline.html draws it."""

    who: str
    what: str
    at: datetime
    detail: str
    tone: str
    by_customer: bool = False


def told(event: AuditEvent) -> Happening:
    verb = "document.downloaded" if event.verb == "document.viewed" and event.details.get("downloaded") else event.verb
    verb = stepped if (stepped := f"{verb}.{event.details.get('step')}") in VERBS else verb
    words, named = in_words(verb), which(event.details)
    by_customer = bool(getattr(event, "by_customer", False))
    return Happening(event.actor, f"{words}: {named}" if named else words, event.at, why(event), TONES.get(verb, ""), by_customer)


def in_words(verb: str) -> str:
    return str(VERBS.get(verb) or CONFINED_VERBS.get(verb) or verb.replace("_", " ").replace(".", ": "))


def which(details: dict[str, Any]) -> str:
    if {"limit", "unit", "period"} <= details.keys():
        return limited(details)
    if {"before", "share"} <= details.keys():
        return f"{share(details['before'])} → {share(details['share'])}"
    if "owned" in details:
        sentence = gettext("%(owner)s, %(share)s of %(owned)s") if "share" in details else gettext("%(owner)s in %(owned)s")
        return sentence % {**details, "share": share(details.get("share", ""))}
    if "verified_by" in details:
        return gettext("%(name)s, as verified by %(verified_by)s from “%(document)s”") % details
    name = next((name for name in NAMED if name in details), "")
    return str(CODES.get(name, {}).get(details[name], details[name])) if name else ""


def limited(details: dict[str, Any]) -> str:
    """The number, of what and in which time."""
    period = dict(Period.choices).get(details["period"], details["period"])
    return f"{amounts.measured(details['limit'], details['unit'], details.get('currency', ''))} {period}"


def share(text: str) -> str:
    """As it was stated; what was never a share stays as it stands."""
    try:
        return as_stated(text)
    except BadShare:
        return text


def why(event: AuditEvent) -> str:
    """The reason given; where a listed one stands for it, its words."""
    purposes = {"field.revealed": PURPOSES, "document.viewed": LOOKED_FOR, looking.VERB: looking.PURPOSES}
    listed = purposes.get(event.verb) or RULING_REASONS.get(event.details.get("ruling", ""), {})
    return str(listed.get(event.reason, event.reason))


def kinds(user: User) -> dict[str, tuple[Promise, tuple[str, ...]]]:
    return KINDS | CONFINED_KINDS if user.can(Permission.NETWORK_VIEW) else KINDS


def verbs(user: User) -> dict[str, Promise]:
    return VERBS | CONFINED_VERBS if user.can(Permission.NETWORK_VIEW) else VERBS


def shown(to: User) -> AuditQuerySet:
    """The events that `to` may see on the desk. What investigators only read there the audit's trail tells, to who checks it."""
    events = AuditEvent.objects.shown_to(to)
    if to.can(Permission.NETWORK_VIEW):
        return events
    inside = [role for role, held in ROLES.items() if Permission.NETWORK_VIEW in held]
    # Also who was one and has another role since.
    ever = User.pgh_event_model.objects.filter(staff_role__in=inside)  # type: ignore[attr-defined]  # pghistory adds it
    return events.exclude(Q(verb__in=LOOKS), actor_id__in=ever.values("pgh_obj_id"))


def about(user: User, found: Model, *parts: Any) -> list[Happening]:
    """What happened to it and to its `parts`, each a queryset of rows of it; the newest, however many rows there are. Of a part
    that is an account's its name is said."""
    which = Q(target_type=found._meta.label_lower, target_id=str(found.pk))
    for rows in parts:
        numbers = rows.order_by().values(as_text=Cast("pk", CharField()))
        which |= Q(target_type=rows.model._meta.label_lower, target_id__in=numbers)
    events = list(AuditEvent.objects.shown_to(user).filter(which).order_by("-pk")[:PAGE])
    whose = {event.organisation_id for event in events if event.target_type != found._meta.label_lower}
    names = dict(Organisation.objects.filter(pk__in=whose).values_list("pk", "name"))
    rows = [(told(event), names.get(event.organisation_id)) for event in events]
    return [replace(one, what=f"{one.what} · {name}") if name else one for one, name in rows]


def of(
    case: Case, *, to: User, kind: str = "", before: int | None = None, limit: int = PAGE
) -> tuple[list[Happening], int | None]:
    """The newest `limit` happenings of the case's organisation that `to` may see, and where to go on, None at the end."""
    events = shown(to).with_sides().filter(organisation_id=case.organisation_id).order_by("-pk")
    if kind:
        events = events.filter(reduce(or_, (Q(verb__startswith=start) for start in kinds(to)[kind][1])))
    if before:
        events = events.filter(pk__lt=before)
    if limit == LATELY:
        # Of a look that it began and ended; its pages would hide everything else.
        events = events.exclude(verb=looking.VERB, details__step=looking.PAGE)
    rows = list(events[: limit + 1])
    return [told(event) for event in rows[:limit]], rows[limit - 1].pk if len(rows) > limit else None
