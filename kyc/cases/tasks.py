from celery import shared_task

from kyc.cases import examining, fallen, rescreening, reviewing


@shared_task(name="kyc.examine_cases", ignore_result=True)
def examine_cases() -> None:
    examining.run()


@shared_task(name="kyc.open_reviews", ignore_result=True)
def open_reviews() -> None:
    reviewing.run()


@shared_task(name="kyc.rescreen_parties", ignore_result=True)
def rescreen_parties() -> None:
    rescreening.run()


@shared_task(name="kyc.ask_for_fallen", ignore_result=True)
def ask_for_fallen() -> None:
    fallen.run()
