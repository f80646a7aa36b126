from celery import shared_task

from kyc.screening import answering, updating


@shared_task(name="kyc.update_lists", ignore_result=True)
def update_lists() -> None:
    updating.run()


@shared_task(name="kyc.answer_inquiries", ignore_result=True)
def answer_inquiries() -> None:
    answering.run()
