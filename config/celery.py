"""Celery: it only wakes workers. Acks early, keeps no results; whoever publishes gives up on a silent broker at once."""

import os
from typing import Any

from celery import Celery, Task
from celery.app.amqp import AMQP
from kombu import Connection

from accounts import acting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A worker waits for the broker as long as it takes, but notices within seconds that it is gone. The visibility timeout
# is more than a drain and one job.
CONSUMING = {
    "visibility_timeout": 20,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
}
# A request never waits for the broker. A frozen one costs twice the timeout (0.6 s), an absent one a millisecond; with
# Celery's defaults the same takes 20 s and 6 s.
PUBLISHING = {
    "socket_timeout": 0.3,
    "socket_connect_timeout": 0.3,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0.1,
}


class NamedTask(Task):
    """Names itself in every history row it writes."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with acting.named(task=self.name):
            return super().__call__(*args, **kwargs)


class BackSoon(Connection):
    """Tries again every five seconds at most. Kombu's half a minute would keep all work waiting after a long outage."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Connection:
        return super().ensure_connection(*args, **{"interval_step": 1, "interval_max": 5, **kwargs})


class Broker(AMQP):
    Connection = BackSoon


class Keyholder(Celery):
    """Publishes over connections of its own in every process: a worker that wakes another must not wait either."""

    amqp_cls = Broker

    def connection_for_write(self, url: str | None = None, **kwargs: Any) -> Connection:
        kwargs["transport_options"] = {**PUBLISHING, **(kwargs.get("transport_options") or {})}
        return super().connection_for_write(url, **kwargs)


app = Keyholder("keyholder", task_cls=NamedTask)
# The current app is one of each thread's own; without a default one the web server's threads would publish to nowhere.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=False,
    task_publish_retry=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=10.0,
    # Only late acknowledged tasks would be cancelled, and there are none; False makes each reconnect warn at length.
    worker_cancel_long_running_tasks_on_connection_loss=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=CONSUMING,
)
