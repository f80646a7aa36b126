from celery import shared_task

from reports import building


@shared_task(name="reports.build_reports", ignore_result=True)
def build_reports() -> None:
    building.run()
