"""Nordlys, which Alice fills in; Ana who proposes and Rui who decides; the short list."""

from pathlib import Path
from tempfile import TemporaryDirectory

from accounts.models import User
from kyc.cases.models import Case
from kyc.screening.models import ListVersion
from tests import cast
from tests.cast import Founded, founded
from tests.kyc.cases import scenes
from tests.stage import scene


@scene
def ana() -> User:
    return scenes.person("ana@keyholder.example", "Ana Maric", "analyst")


@scene
def rui() -> User:
    return scenes.person("rui@keyholder.example", "Rui Duarte", "approver")


@scene
def nordlys() -> Founded:
    return founded(scenes.person("alice@nordlys.example", "Alice Olsen"))


@scene
def the_list() -> ListVersion:
    with TemporaryDirectory() as folder:
        return cast.load_list(Path(folder))


@scene
def case(nordlys: Founded, the_list: ListVersion) -> Case:
    """Examined, in review, nothing against it."""
    return scenes.ready(nordlys)
