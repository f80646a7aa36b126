"""Settings of a second process over the test database, with keys of the test's."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["ROTATING_DATABASE"]
VAULT_KEYS_FILE = None
VAULT_KEYS = dict(part.split(":", 1) for part in os.environ["ROTATING"].split(","))
