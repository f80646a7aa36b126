"""Which event wakes which task of the stages above. Imported at start-up only, by nothing else."""

from django.conf import settings

from accounts import messages, timestamps
from accounts.tasks import send_messages, timestamp_audit
from config import jobs
from kyc.cases import examining
from kyc.cases.tasks import examine_cases
from kyc.keys import linking, sandboxes
from kyc.keys.tasks import decide_sandboxes, link_key
from reports import building
from reports.tasks import build_reports

jobs.on("message.queued", send_messages)
jobs.on("case.submitted", examine_cases)
jobs.on("case.checks_asked_again", examine_cases)
jobs.on("hit.ruled", examine_cases)
jobs.on("list.activated", examine_cases)
jobs.on("case.examined", decide_sandboxes)
jobs.on("key.issued", link_key)
jobs.on("entity.made", link_key)
jobs.on("report.requested", build_reports)

jobs.sweep(messages.QUEUE, send_messages)
jobs.sweep(examining.QUEUE, examine_cases)
jobs.sweep(sandboxes.QUEUE, decide_sandboxes)
jobs.sweep(linking.QUEUE, link_key)
jobs.sweep(building.QUEUE, build_reports)
if settings.TIMESTAMP_URL:
    jobs.sweep(timestamps.Unstamped(), timestamp_audit)
