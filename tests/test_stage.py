"""What stands when a file ends is left for the next one only where that begins alike."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests import stage as stages
from tests.stage import Stage, scene, surroundings

Names = tuple[str, ...]


@scene
def nordlys() -> str:
    return "Nordlys"


@scene
def sorvik() -> str:
    return "Sorvik"


def quick() -> None: ...


class Defined:
    def __init__(self, func: Any, scope: str) -> None:
        self.func, self.scope, self.argnames = getattr(func, "_fixture_function", func), scope, ()


def defined(func: Any, scope: str = "function") -> tuple[Defined]:
    """As pytest keeps a fixture of this name."""
    return (Defined(func, scope),)


QUICK, NORDLYS, SORVIK = defined(quick), defined(nordlys), defined(sorvik)


def begins(*, asks: Names = ("nordlys",), unasked: Names = ("quick",), marked: Any = None, **more: Any) -> Any:
    known = {"nordlys": NORDLYS, "sorvik": SORVIK, "quick": QUICK} | more
    found = {name: known[name] for name in (*asks, *unasked)}
    info = SimpleNamespace(name2fixturedefs=found, initialnames=(*unasked, *asks), argnames=asks)
    return SimpleNamespace(_fixtureinfo=info, fixturenames=[*found], get_closest_marker=lambda name: marked)


def standing(*, age: float = 0) -> Stage:
    found, ended = Stage(), begins()
    found.standing = [(name, make, None, None) for name, make in stages.asked(ended).items()]  # type: ignore[misc]  # no database
    assert [name for name, *_ in found.standing] == ["nordlys"]
    found.began, found.under = stages.time.monotonic() - age, {surroundings(ended)}
    return found


class TestGoesOn:
    def test_where_the_next_begins_alike(self) -> None:
        stage = standing()
        stage.coming = begins()
        assert stage.goes_on()

    @pytest.mark.parametrize(
        "coming",
        [
            None,
            begins(asks=()),
            begins(asks=("sorvik",)),
            begins(unasked=()),
            begins(quick=defined(lambda: None)),
            begins(asks=("nordlys", "house"), house=defined(quick, "module")),
            begins(marked=SimpleNamespace(kwargs={"transaction": True})),
        ],
        ids=["last", "nothing", "another scene", "fewer unasked", "another unasked", "shared by its file", "transactional"],
    )
    def test_not_where_it_does_not(self, coming: Any) -> None:
        stage = standing()
        stage.coming = coming
        assert not stage.goes_on()

    def test_not_for_long(self) -> None:
        stage = standing(age=stages.STANDS + 1)
        stage.coming = begins()
        assert not stage.goes_on()


class TestFirstOf:
    def test_passes_over_what_knows_no_database_and_ends_with_the_file(self) -> None:
        pure, marked, later = (SimpleNamespace(path=1, fixturenames=[], get_closest_marker=lambda name: None) for _ in range(3))
        marked.get_closest_marker = lambda name: name == "django_db"
        later.path, later.fixturenames = 2, ["db"]
        for one in (pure, marked, later):
            one.session = SimpleNamespace(items=[pure, marked, later])
        assert stages.first_of(pure) is marked  # type: ignore[arg-type]  # as far as it looks
        pure.session.items.remove(marked)
        assert stages.first_of(pure) is None  # type: ignore[arg-type]  # as far as it looks
        assert stages.first_of(later) is later  # type: ignore[arg-type]  # as far as it looks
