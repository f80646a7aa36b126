from celery import shared_task

from kyc.directives import carrying, counting
from kyc.directives.blocked import finding
from kyc.directives.resellers import ending as resellers


@shared_task(name="kyc.carry_directives", ignore_result=True)
def carry_directives() -> None:
    carrying.run()


@shared_task(name="kyc.keep_blocked", ignore_result=True)
def keep_blocked() -> None:
    finding.run()


@shared_task(name="kyc.count_directives", ignore_result=True)
def count_directives() -> None:
    counting.run()


@shared_task(name="kyc.end_resale", ignore_result=True)
def end_resale() -> None:
    resellers.run()
