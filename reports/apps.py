from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        # How long reports are kept, and by when what stands in them is due; their model exists only now.
        import reports.deadlines
        import reports.disposing
        import reports.retention  # noqa: F401
