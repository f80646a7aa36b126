from celery import shared_task

from kyc.keys import linking


@shared_task(name="kyc.link_key", ignore_result=True)
def link_key() -> None:
    linking.run()
