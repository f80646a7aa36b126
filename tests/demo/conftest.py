"""The demo, seeded as on a fresh installation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import override_settings

from demo import documents, drawing, seed
from tests import cast

QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [*QUICK, *settings.PASSWORD_HASHERS]


@dataclass
class Seeded:
    """The gateway's credential, and after which counts of organisations progress was told."""

    gateway: str
    told: list[int] = field(default_factory=list)


def seldom_drawn(draw: Callable[..., SimpleUploadedFile]) -> Callable[..., SimpleUploadedFile]:
    """The first paper of each kind as the demo draws it, then blank pages, each of its own width: drawing takes a sixth of the
    seed, and the installation that browsers walk has drawn them all."""
    seen: set[str] = set()
    widths = count(300)

    def paper(template: str, facts: dict[str, object], name: str) -> SimpleUploadedFile:
        if template in seen:
            return documents.uploaded(cast.pdf(width=next(widths)).read(), name)
        seen.add(template)
        return draw(template, facts, name)

    return paper


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[Seeded]:
    """The whole demo, once for all tests of a file, which read and leave no change. They are not marked for a database of their
    own: each would close the connection on which this one stands."""
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK), pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "drawn", seldom_drawn(documents.drawn))
        # A tenth of the dots of passports and cards, which nobody reads here.
        patch.setattr(drawing, "SCALE", 3.0)
        block = transaction.atomic()
        # As Django's own test cases say that theirs is no transaction of the product.
        block._from_testcase = True
        with block:
            cast.load_shipped_list()
            seed.begin()
            found = Seeded(seed.credential())
            seed.complete(found.told.append)
            yield found
            transaction.set_rollback(True)
