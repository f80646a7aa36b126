from celery import shared_task

from kyc.cases import examining


@shared_task(name="kyc.examine_cases", ignore_result=True)
def examine_cases() -> None:
    examining.run()
