from celery import shared_task

from kyc.networks import carrying, lifting


@shared_task(name="kyc.carry_measures", ignore_result=True)
def carry_measures() -> None:
    # First who is let go.
    lifting.run()
    carrying.run()
