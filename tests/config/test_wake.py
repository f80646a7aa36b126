import ast
import sys
from pathlib import Path

from django.conf import settings

from config import jobs, wake  # noqa: F401  # importing it registers


def events_woken() -> set[str]:
    """Every event that the source names in a call of `woke`."""
    found = set()
    for app in ("accounts", "kyc", "reports"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            if "woke" not in (source := path.read_text()):
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in {"jobs.woke", "woke"}:
                    assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno} names no event"
                    found.add(node.args[0].value)
    return found


def queues() -> dict[str, jobs.Queue]:
    loaded = [module for name, module in list(sys.modules.items()) if name.split(".")[0] in {"accounts", "kyc", "reports"}]
    found = [vars(module).get("QUEUE") for module in loaded]
    return {queue.name: queue for queue in found if queue is not None}


class TestWake:
    def test_the_events_that_wake_a_task_are_those_that_are_woken(self) -> None:
        assert set(jobs.WAKES) == events_woken()

    def test_every_task_that_is_woken_is_also_swept(self) -> None:
        woken = {task.name for tasks in jobs.WAKES.values() for task in tasks}
        # Nothing but the passing of time makes these due.
        timed = {"accounts.check_audit", "accounts.plan_disposals", "accounts.clear_sessions"}
        timed |= {"kyc.compact_changes", "kyc.forget_refusals", "kyc.forget_reservations", "kyc.keep_key_requirements"}
        timed |= {"kyc.expire_checks", "kyc.remind_of_training"}
        timed |= {"kyc.make_usage_months", "kyc.scan_documents", "kyc.end_resale", "reports.ask_scheduled"}
        assert woken | timed == {task.name for _, task in jobs.SWEPT}

    def test_every_queue_is_swept_once(self) -> None:
        """But for that of lists where none has an address to be fetched from."""
        fetched = [] if settings.LISTS else ["lists.update"]
        assert sorted([*(queue.name for queue, _ in jobs.SWEPT), *fetched]) == sorted(queues())
