"""Which event wakes which task of the stages above. Imported at start-up only, by nothing else."""

from django.conf import settings

from accounts import checking, expired, messages, planning, timestamps
from accounts.tasks import check_audit, clear_sessions, plan_disposals, send_messages, timestamp_audit
from config import jobs
from kyc.cases import examining, exposed, fallen, rescreening, reviewing
from kyc.cases.tasks import ask_for_fallen, examine_cases, open_reviews, rescreen_parties
from kyc.directives import carrying as directives
from kyc.directives import counting, ending, notifying
from kyc.directives.blocked import finding as blocked
from kyc.directives.resellers import ending as resellers
from kyc.directives.tasks import carry_directives, count_directives, end_resale, keep_blocked, remind_of_training
from kyc.directives.training import reminding as training
from kyc.evidence import code_sending, domain_watch, intake, outside_checks, reads
from kyc.evidence.tasks import expire_checks, look_for_domains, read_documents, scan_documents, send_codes
from kyc.keys import (
    campaign,
    estate_imports,
    expiring,
    feed,
    lapsing,
    linking,
    pools,
    reassessing,
    refusals,
    renewals,
    sandboxes,
    staged,
)
from kyc.keys.tasks import (
    compact_changes,
    decide_sandboxes,
    forget_refusals,
    forget_reservations,
    import_estates,
    keep_campaign,
    keep_expiries,
    keep_key_requirements,
    keep_renewals,
    link_key,
    reassess,
)
from kyc.networks import attaching, carrying, indications, lifting, running
from kyc.networks.tasks import attach_accounts, build_networks, carry_measures, indicate
from kyc.screening import answering, updating
from kyc.screening.tasks import answer_inquiries, update_lists
from kyc.usage import months, signalled
from kyc.usage.tasks import leave_usage_signals, make_usage_months
from reports import building, packing, scheduling
from reports.tasks import ask_scheduled, build_reports, put_together

jobs.on("message.queued", send_messages)
jobs.on("case.submitted", examine_cases)
jobs.on("case.checks_asked_again", examine_cases)
jobs.on("case.review_opened", examine_cases)
jobs.on("hit.ruled", examine_cases)
jobs.on("hit.ruled", keep_blocked)
jobs.on("case.examined", keep_blocked)
jobs.on("hit.overturned", examine_cases)
jobs.on("hit.overturned", open_reviews)
jobs.on("list.activated", examine_cases)
jobs.on("list.activated", rescreen_parties)
jobs.on("hit.found", open_reviews)
jobs.on("inquiry.begun", answer_inquiries)
jobs.on("case.change_told", examine_cases)
jobs.on("structure.told", examine_cases)
jobs.on("case.examined", decide_sandboxes)
jobs.on("case.examined", reassess)
jobs.on("key.issued", link_key)
jobs.on("entity.made", link_key)
jobs.on("entity.made", reassess)
jobs.on("questionnaire.signed", open_reviews)
jobs.on("questionnaire.signed", keep_renewals)
jobs.on("evidence.validated", keep_expiries)
jobs.on("evidence.fell", ask_for_fallen)
jobs.on("entity.made", keep_expiries)
jobs.on("estate.imported", keep_campaign)
jobs.on("estate.file_sent", import_estates)
jobs.on("entity.made", keep_campaign)
jobs.on("indications.asked", indicate)
jobs.on("network_run.asked", build_networks)
jobs.on("measure.taken", carry_measures)
jobs.on("appeal.overturned", carry_measures)
jobs.on("directive.proposed", carry_directives)
jobs.on("directive.taken", carry_directives)
jobs.on("directive.asked", count_directives)
jobs.on("key.issued", carry_directives)
jobs.on("entity.made", carry_directives)
jobs.on("signal.arrived", attach_accounts)
jobs.on("usage.taken", leave_usage_signals)
jobs.on("report.requested", build_reports)
jobs.on("code.asked", send_codes)
jobs.on("domain.asked", look_for_domains)
jobs.on("report.pack_asked", put_together)
jobs.on("document.uploaded", read_documents)
jobs.on("document.let_through", read_documents)

jobs.sweep(messages.QUEUE, send_messages)
jobs.sweep(examining.QUEUE, examine_cases)
jobs.sweep(exposed.QUEUE, examine_cases)
jobs.sweep(intake.QUEUE, scan_documents)
jobs.sweep(rescreening.QUEUE, rescreen_parties)
jobs.sweep(answering.QUEUE, answer_inquiries)
jobs.sweep(reviewing.QUEUE, open_reviews)
jobs.sweep(fallen.QUEUE, ask_for_fallen)
jobs.sweep(renewals.QUEUE, keep_renewals)
jobs.sweep(expiring.QUEUE, keep_expiries)
jobs.sweep(campaign.QUEUE, keep_campaign)
jobs.sweep(estate_imports.QUEUE, import_estates)
jobs.sweep(lapsing.QUEUE, keep_key_requirements)
jobs.sweep(reassessing.QUEUE, reassess)
jobs.sweep(sandboxes.QUEUE, decide_sandboxes)
jobs.sweep(linking.QUEUE, link_key)
jobs.sweep(feed.QUEUE, compact_changes)
jobs.sweep(building.QUEUE, build_reports)
jobs.sweep(packing.QUEUE, put_together)
jobs.sweep(scheduling.QUEUE, ask_scheduled)
jobs.sweep(checking.QUEUE, check_audit)
jobs.sweep(planning.QUEUE, plan_disposals)
jobs.sweep(expired.QUEUE, clear_sessions)
jobs.sweep(months.QUEUE, make_usage_months)
jobs.sweep(signalled.QUEUE, leave_usage_signals)
jobs.sweep(indications.QUEUE, indicate)
jobs.sweep(pools.QUEUE, forget_reservations)
jobs.sweep(staged.QUEUE, forget_reservations)
jobs.sweep(refusals.QUEUE, forget_refusals)
jobs.sweep(running.QUEUE, build_networks)
jobs.sweep(attaching.QUEUE, attach_accounts)
jobs.sweep(carrying.QUEUE, carry_measures)
jobs.sweep(code_sending.QUEUE, send_codes)
jobs.sweep(domain_watch.QUEUE, look_for_domains)
jobs.sweep(reads.QUEUE, read_documents)
jobs.sweep(outside_checks.QUEUE, expire_checks)
jobs.sweep(lifting.QUEUE, carry_measures)
jobs.sweep(directives.QUEUE, carry_directives)
jobs.sweep(notifying.QUEUE, carry_directives)
jobs.sweep(counting.QUEUE, count_directives)
jobs.sweep(ending.QUEUE, carry_directives)
jobs.sweep(blocked.QUEUE, keep_blocked)
jobs.sweep(resellers.QUEUE, end_resale)
jobs.sweep(training.QUEUE, remind_of_training)
if settings.LISTS:
    jobs.sweep(updating.QUEUE, update_lists)
if settings.TIMESTAMP_URL:
    jobs.sweep(timestamps.Unstamped(), timestamp_audit)
