"""Scenes that the tests of a file begin with, each made once: a test undoes only what it did itself.

    @scene
    def nordlys() -> Founded:
        return founded(customer())

    @scene
    def case(nordlys: Founded) -> Case:
        return scenes.ready(nordlys)

makes two fixtures of which each test gets a copy of its own. A scene may ask for other scenes only. What stands is left standing
for the next file where that one begins with the same, under the same fixtures that nobody asks for.
"""

import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import wraps
from inspect import Parameter, signature
from typing import Any

import pytest
from django.db import connection, transaction

Make = Callable[..., Any]
# Seconds after which the next file begins anew: the database's clock stands still in a transaction, and others wait for its end.
STANDS = 20
OF_DATABASE = {"db", "transactional_db", "stage", "django_db_setup", "django_db_blocker"}
SHARED_BY_ALL = {"stage", "django_db_setup", "static_files_are_looked_for_once", "middleware_is_loaded_once"}


def scene(make: Make) -> Any:
    needs = signature(make).parameters

    @wraps(make)
    def given(stage: "Stage", db: None, **made_before: Any) -> Any:
        # A test that looks at transactions themselves makes its own.
        return stage.copy(make.__name__) if stage.standing else make(**made_before)

    own = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("stage", "db")]
    given.__signature__ = signature(make).replace(parameters=[*own, *needs.values()])  # type: ignore[attr-defined]  # pytest reads it
    given.scene = make  # type: ignore[attr-defined]  # and this is for `asked`
    return pytest.fixture(given)


def asked(item: Any) -> dict[str, Make]:
    """The scenes a test begins with, in the order in which they are made."""
    found = {}
    for name, definitions in item._fixtureinfo.name2fixturedefs.items():
        for definition in reversed(definitions):
            if make := getattr(definition.func, "scene", None):
                found[name] = make
            # Who stands in front of another of the same name may have asked for that one.
            if make or name not in definition.argnames:
                break

    def depth(name: str) -> int:
        return 1 + max((depth(need) for need in signature(found[name]).parameters), default=0)

    return {name: found[name] for name in sorted(found, key=lambda name: (depth(name), name))}


def surroundings(item: Any) -> frozenset[Any]:
    """The fixtures that a test gets without asking, under which its scenes are made: in one folder mostly the same."""
    found = item._fixtureinfo
    return frozenset((name, *found.name2fixturedefs.get(name, ())) for name in {*found.initialnames} - {*found.argnames})


def first_of(item: pytest.Item) -> pytest.Item | None:
    """From this test on the first of its file that may come upon the stage: those before it know no database."""
    items = item.session.items
    later = (one for one in items[items.index(item) :] if one.path == item.path)
    return next((one for one in later if OF_DATABASE & {*one.fixturenames} or one.get_closest_marker("django_db")), None)  # type: ignore[attr-defined]


class Stage:
    """What stands, each scene in a savepoint upon those before it."""

    def __init__(self) -> None:
        self.standing: list[tuple[str, Make, Any, transaction.Atomic]] = []
        self.began = 0.0
        self.under: set[frozenset[Any]] = set()
        # The first test of the next file that may come upon it.
        self.coming: pytest.Item | None = None

    def goes_on(self) -> bool:
        """Whether the next file begins with the first of what stands here. One in which several tests share something else of
        ours does not: that may be in the database, and is made before what stands is struck."""
        if not self.standing or self.coming is None or time.monotonic() - self.began > STANDS:
            return False
        known = self.coming._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]  # as in `asked`
        shared = {name: last.func.__module__ for name, (*_, last) in known.items() if last.scope != "function"}
        own = {name for name, module in shared.items() if module.startswith("tests.")}
        begins = [*asked(self.coming).items()][:1] == [self.standing[0][:2]]
        return begins and own <= SHARED_BY_ALL and not is_transactional(self.coming) and self.under == {surroundings(self.coming)}

    def set(self, wanted: dict[str, Make], under: frozenset[Any]) -> None:
        scenes = list(wanted.items())
        kept = 0
        while kept < min(len(scenes), len(self.standing)) and scenes[kept] == self.standing[kept][:2]:
            kept += 1
        self.strike(kept)
        if not self.standing:
            self.began, self.under = time.monotonic(), set()
        if scenes[kept:]:
            self.under.add(under)
        for name, make in scenes[kept:]:
            atomic = transaction.atomic()
            # As a test's own transaction, in which what must stand alone may stand.
            atomic._from_testcase = True
            atomic.__enter__()
            self.standing.append((name, make, None, atomic))
            made = make(**{need: self.copy(need) for need in signature(make).parameters})
            connection.check_constraints()
            self.standing[-1] = (name, make, made, atomic)

    def strike(self, kept: int = 0) -> None:
        while len(self.standing) > kept:
            *_scene, atomic = self.standing.pop()
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)

    def copy(self, name: str) -> Any:
        """Of what a scene gave: what a test does to it, no other sees."""
        return deepcopy(next(made for standing, _make, made, _atomic in self.standing if standing == name))


STAGE = Stage()


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    yield STAGE
    if not STAGE.goes_on():
        with django_db_blocker.unblock():
            STAGE.strike()


@pytest.fixture
def staged(request: pytest.FixtureRequest, stage: Stage, django_db_blocker: Any) -> None:
    """What this test begins with stands, and nothing else; nothing where it could see that it stands in a transaction."""
    with django_db_blocker.unblock():
        stage.set({} if is_transactional(request.node) else asked(request.node), surroundings(request.node))


def is_transactional(item: Any) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or "transactional_db" in item.fixturenames


@pytest.fixture
def _django_db_helper(staged: None, _django_db_helper: None) -> None:
    """The test's own transaction begins upon the stage."""
