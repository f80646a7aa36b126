from celery import shared_task

from kyc.directives import carrying, counting


@shared_task(name="kyc.carry_directives", ignore_result=True)
def carry_directives() -> None:
    carrying.run()


@shared_task(name="kyc.count_directives", ignore_result=True)
def count_directives() -> None:
    counting.run()
