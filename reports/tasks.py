from celery import shared_task

from reports import building, packing, scheduling


@shared_task(name="reports.build_reports", ignore_result=True)
def build_reports() -> None:
    building.run()


@shared_task(name="reports.put_together", ignore_result=True)
def put_together() -> None:
    packing.run()


@shared_task(name="reports.ask_scheduled", ignore_result=True)
def ask_scheduled() -> None:
    scheduling.run()
