from celery import shared_task

from kyc.evidence import code_sending, domain_watch, intake, outside_checks, reads


@shared_task(name="kyc.send_codes", ignore_result=True)
def send_codes() -> None:
    code_sending.run()


@shared_task(name="kyc.look_for_domains", ignore_result=True)
def look_for_domains() -> None:
    domain_watch.run()


@shared_task(name="kyc.scan_documents", ignore_result=True)
def scan_documents() -> None:
    intake.run()


@shared_task(name="kyc.read_documents", ignore_result=True)
def read_documents() -> None:
    reads.run()


@shared_task(name="kyc.expire_checks", ignore_result=True)
def expire_checks() -> None:
    outside_checks.expire()
