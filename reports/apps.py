from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        # How long reports are kept; their model exists only now.
        import reports.retention  # noqa: F401
