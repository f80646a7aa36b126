"""What is noted in the process that answers gateways, and written out of the way of the answers."""

import logging
import threading
import time

from django.conf import settings
from django.db import Error, connection

logger = logging.getLogger(__name__)
SECONDS = 5.0


class Behind:
    """A thread of its own writes every few seconds what has come together. What a killed process had not written is lost."""

    # What it keeps, in the words of the thread's name.
    what: str

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_kept = False
        self.forget()

    def forget(self) -> None:
        raise NotImplementedError

    def flush(self) -> int:
        """Writes what has come together; how much it was."""
        raise NotImplementedError

    def keep(self) -> None:
        """Begins the thread that writes, in each process once, and in none but those that serve."""
        if self.is_kept or not settings.KEEPS_USES:
            return
        with self.lock:
            if not self.is_kept:
                self.is_kept = True
                threading.Thread(target=self.run, name=self.what, daemon=True).start()

    def run(self) -> None:
        while True:
            time.sleep(SECONDS)
            try:
                self.flush()
            except Error as error:
                logger.warning("Not written: %s: %s", self.what, type(error).__name__)
                connection.close()
