from celery import shared_task

from kyc.screening import updating


@shared_task(name="kyc.update_lists", ignore_result=True)
def update_lists() -> None:
    updating.run()
