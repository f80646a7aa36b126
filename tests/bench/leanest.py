"""Keyholder's settings without any middleware or app: the least that Django can cost."""

from tests.bench.settings import *  # noqa: F403

INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.bare"
