from celery import shared_task

from accounts import messages


@shared_task(name="accounts.send_messages", ignore_result=True)
def send_messages() -> None:
    messages.send_all()
