from celery import shared_task

from kyc.directives import carrying


@shared_task(name="kyc.carry_directives", ignore_result=True)
def carry_directives() -> None:
    carrying.run()
