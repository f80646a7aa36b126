"""The identification notice (FIN-13): what somebody was shown before he was asked anything can be read back for ever, word by
word, by the version that his case bears."""

from hashlib import sha256

import pytest
from django.template.loader import render_to_string

from kyc.rules import packs
from tests.running import BASE

FOLDER = BASE / "templates/onboarding/notices"
# Each version that was ever shown, with the SHA-256 of its file. A changed text is a new version: a file beside the others, a row
# here, and its name in the rule pack.
SHOWN = {
    "2026-11": "813158fd9964c19d71f94e81713c2f8f3fa818d3563e91058d3a786df4373d41",
    "2026-11-29": "4f9e94d4d2c0d62e10786d9ed863c8182afa82910143fcbb2bbb067da637e855",
}


class TestEachVersion:
    def test_stands_as_it_was_shown(self) -> None:
        found = {path.stem: sha256(path.read_bytes()).hexdigest() for path in FOLDER.iterdir()}
        assert found == SHOWN, "a text that was shown never changes: write a new version"

    def test_is_whole_in_its_file(self) -> None:
        """What it included would change unseen."""
        for path in FOLDER.iterdir():
            assert "include" not in path.read_text() and "extends" not in path.read_text()

    @pytest.mark.parametrize("version", SHOWN)
    def test_can_be_shown(self, version: str) -> None:
        assert "public sanctions lists" in render_to_string(f"onboarding/notices/{version}.html")

    def test_the_one_in_force_is_the_newest(self) -> None:
        assert packs.current().notice_version == max(SHOWN)
