from celery import shared_task

from kyc.directives import carrying, counting
from kyc.directives.blocked import finding
from kyc.directives.resellers import ending as resellers
from kyc.directives.training import reminding as training


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


@shared_task(name="kyc.remind_of_training", ignore_result=True)
def remind_of_training() -> None:
    training.run()
