from celery import shared_task

from reports import building, scheduling


@shared_task(name="reports.build_reports", ignore_result=True)
def build_reports() -> None:
    building.run()


@shared_task(name="reports.ask_scheduled", ignore_result=True)
def ask_scheduled() -> None:
    scheduling.run()
