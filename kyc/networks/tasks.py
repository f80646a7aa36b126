from celery import shared_task

from kyc.networks import running


@shared_task(name="kyc.build_networks", ignore_result=True)
def build_networks() -> None:
    running.run()
