"""Keyholder's own settings, with the addresses of the bench beside its own and the library that it is compared with."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework_api_key"]
ROOT_URLCONF = "tests.bench.urls"
