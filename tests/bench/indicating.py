"""Run by test_indicating.py in a process of its own, so that its memory is that of the work alone: `months` makes the months that
use goes into, `look` looks at it once as the nightly job does, and prints what it took."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from accounts import partitions, scope  # noqa: E402
from kyc.networks import indications  # noqa: E402
from kyc.networks.indication_models import Indication, IndicationRun  # noqa: E402
from kyc.networks.using import Window  # noqa: E402
from kyc.rules import indicators  # noqa: E402
from kyc.usage import months  # noqa: E402
from kyc.usage.models import UsageRow  # noqa: E402


def window() -> Window:
    return Window(indications.last_day(timezone.now().astimezone(UTC)), indicators.load().window_days)


def memory() -> int:
    """The most it had so far, in KiB. What the system counts of a process otherwise includes that of the one which began it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def look() -> dict[str, Any]:
    rules, seconds, before = indicators.load(), dict[str, str](), memory()

    def over(name: str, work: Callable[[], Any]) -> Any:
        since = time.monotonic(), time.process_time()
        found = work()
        seconds[name] = f"{time.monotonic() - since[0]:.1f} s, of which {time.process_time() - since[1]:.1f} in Python"
        return found

    looked = over("reading", lambda: indications.look(window(), rules))
    with scope.whole():
        run = IndicationRun.objects.create(day=window().day)
        made = over("comparing with peers", lambda: list(indications.told(run, looked, rules)))
        over("writing", lambda: Indication.objects.bulk_create(made, batch_size=indications.A_PART))
    told = {"keys used": len(looked.keys), "networks": len(looked.networks), "indications": len(made)}
    return told | seconds | {"memory of the worker": f"{memory() / 1024:.0f} MB, {before / 1024:.0f} MB before"}


if sys.argv[1] == "months":
    months.make()
    month = partitions.first_of(window().since)
    if not partitions.stands(UsageRow, month):
        partitions.make(UsageRow, month)
else:
    sys.stdout.write(json.dumps(look()) + "\n")
