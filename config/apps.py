"""Start-up: the Celery app, and which event wakes which task."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # Both import models, which exist only now.
        from config import celery, wake  # noqa: F401
