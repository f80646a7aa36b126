from celery import shared_task

from kyc.networks import attaching, indications, running


@shared_task(name="kyc.build_networks", ignore_result=True)
def build_networks() -> None:
    running.run()


@shared_task(name="kyc.indicate", ignore_result=True)
def indicate() -> None:
    indications.work()


@shared_task(name="kyc.attach_accounts", ignore_result=True)
def attach_accounts() -> None:
    attaching.run()
