"""How the log is written: one line of JSON for each record, which no text in it can break into two.

Times are in UTC. What is not ASCII is escaped, so that no terminal and no reader takes a part of it for a command.
docs/security.md says which records there are. Imports nothing of the product: logging is set up before it.
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

# Of the request that is being answered.
request_id: ContextVar[str] = ContextVar("request_id", default="")
LONGEST = 2000
# Made once: it takes half as long as making it for every line.
WRITTEN = json.JSONEncoder(default=str).encode


class Line(logging.Formatter):
    """A record may bring `facts`, a mapping of what is known of it beside its words."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "request": request_id.get(),
            "message": record.getMessage()[:LONGEST],
            **getattr(record, "facts", {}),
            "trace": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return WRITTEN({name: value for name, value in said.items() if value not in ("", None)})
