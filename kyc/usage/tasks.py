from celery import shared_task

from kyc.usage import months, signalled


@shared_task(name="kyc.make_usage_months", ignore_result=True)
def make_usage_months() -> None:
    months.make()


@shared_task(name="kyc.leave_usage_signals", ignore_result=True)
def leave_usage_signals() -> None:
    signalled.run()
