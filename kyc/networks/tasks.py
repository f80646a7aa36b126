from celery import shared_task

from kyc.networks import carrying


@shared_task(name="kyc.carry_measures", ignore_result=True)
def carry_measures() -> None:
    carrying.run()
