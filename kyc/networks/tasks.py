from celery import shared_task

from kyc.networks import indications


@shared_task(name="kyc.indicate", ignore_result=True)
def indicate() -> None:
    indications.work()
