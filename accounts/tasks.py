from celery import shared_task

from accounts import checking, expired, messages, planning, timestamps


@shared_task(name="accounts.send_messages", ignore_result=True)
def send_messages() -> None:
    messages.send_all()


@shared_task(name="accounts.timestamp_audit", ignore_result=True)
def timestamp_audit() -> None:
    timestamps.stamp()


@shared_task(name="accounts.check_audit", ignore_result=True)
def check_audit() -> None:
    checking.check()


@shared_task(name="accounts.plan_disposals", ignore_result=True)
def plan_disposals() -> None:
    planning.plan()


@shared_task(name="accounts.clear_sessions", ignore_result=True)
def clear_sessions() -> None:
    expired.clear()
