from celery import shared_task

from kyc.evidence import intake


@shared_task(name="kyc.scan_documents", ignore_result=True)
def scan_documents() -> None:
    intake.run()
