from celery import shared_task

from kyc.usage import months


@shared_task(name="kyc.make_usage_months", ignore_result=True)
def make_usage_months() -> None:
    months.make()
