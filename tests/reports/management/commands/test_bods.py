"""`bods check` and `bods export`: exit codes, sentences, and that an export passes the check."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from kyc.management.commands import ownership
from kyc.ownership.models import Interest
from tests import cast
from tests.kyc.ownership.bods.files import chain, entity, person
from tests.reports import story

NOW = f"{timezone.now():%Y}"


def checked(file: Path, *options: str) -> tuple[int, dict[str, Any]]:
    out = io.StringIO()
    try:
        call_command("bods", "check", str(file), *options, stdout=out)
    except CommandError as ended:
        return ended.returncode, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def refused(*words: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as ended:
        call_command("bods", *words, stdout=io.StringIO())
    return ended.value.returncode, str(ended.value)


class TestCheck:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "firm.json"

    def test_nothing_is_wrong(self, file: Path) -> None:
        file.write_text(json.dumps(chain()))
        for options in ((), ("--complete",)):
            code, told = checked(file, *options)
            assert (code, told["valid"], told["statements"]) == (0, True, 6)
            assert (told["schema"], told["network"]) == ([], [])

    def test_the_schema_decides_the_exit(self, file: Path) -> None:
        file.write_text(json.dumps([entity("firm", details={"uri": "no address"})]))
        code, told = checked(file)
        assert (code, told["valid"]) == (1, False)
        assert [(row["statement"], row["keyword"], row["path"]) for row in told["schema"]] == [
            (0, "format", "$[0].recordDetails.uri")
        ]

    def test_what_does_not_fit_counts_only_where_it_is_to_be_complete(self, file: Path) -> None:
        file.write_text(json.dumps([person("Ann")]))
        code, told = checked(file)
        assert (code, told["valid"], [row["rule"] for row in told["network"]]) == (0, True, ["BODS-04"])
        code, told = checked(file, "--complete")
        assert (code, told["valid"]) == (1, False)

    def test_the_same_file_is_told_the_same(self, file: Path) -> None:
        file.write_text(json.dumps([person("Ann"), person("Ann"), entity("firm", details={"uri": 3})]))
        assert checked(file) == checked(file)

    @pytest.mark.parametrize(("content", "told"), [("[{]", "line 1: is no JSON"), ("[Infinity]", "Infinity is no number")])
    def test_what_is_no_json_is_bad_use(self, file: Path, content: str, told: str) -> None:
        file.write_text(content)
        code, sentence = refused("check", str(file))
        assert code == 2 and told in sentence

    def test_a_file_that_is_not_there_is_bad_use(self, file: Path) -> None:
        assert refused("check", str(file)) == (2, f"{file}: No such file or directory.")


class TestOwnershipReadsIt:
    def run(self, file: Path, *options: str) -> dict[str, Any]:
        out = io.StringIO()
        call_command(ownership.Command(), str(file), "--subject", "firm", "--regime", "iaas-cip", *options, stdout=out)
        found: dict[str, Any] = json.loads(out.getvalue())
        return found

    def test_by_its_records(self, tmp_path: Path) -> None:
        file = tmp_path / "firm.json"
        file.write_text(json.dumps(chain()))
        found = self.run(file)["parties"]
        assert (found["Ann"]["verdict"], found["Ann"]["share"]) == ("yes", {"min": "3/5", "max": "3/5"})

    def test_refuses_what_the_schema_refuses(self, tmp_path: Path) -> None:
        file = tmp_path / "firm.json"
        file.write_text(json.dumps([entity("firm", details={"isComponent": "no"})]))
        with pytest.raises(CommandError, match=r"\$\[0\]\.recordDetails\.isComponent: 'no' is not of type 'boolean'") as ended:
            self.run(file)
        assert ended.value.returncode == 2


@pytest.mark.django_db(transaction=True)
class TestExport:
    def test_passes_the_check_and_is_the_same_again(self, tmp_path: Path) -> None:
        story.load_list(tmp_path)
        told = story.declared(cast.customer())
        story.examine()
        story.approve(told)
        written = []
        for _ in range(2):
            out = io.StringIO()
            call_command("bods", "export", str(told.organisation.pk), "--valid-at", NOW, "--known-at", NOW, stdout=out)
            written.append(out.getvalue())
        assert written[0] == written[1]
        file = tmp_path / "export.json"
        file.write_text(written[0])
        code, found = checked(file, "--complete")
        assert (code, found["valid"]) == (0, True) and found["statements"] > 3

    @pytest.mark.parametrize(
        ("organisation", "valid", "told"),
        [
            ("Nordlys", NOW, (2, "ORG: “Nordlys” is no organisation's number; write for example 12.")),
            ("999999", NOW, (2, "Organisation 999999 is not known at that time.")),
            ("1", "yesterday", (2, "--valid-at: “yesterday” is no instant.")),
            ("1", "2999", (1, "--valid-at lies in the future")),
        ],
    )
    def test_refuses_in_a_sentence(self, organisation: str, valid: str, told: tuple[int, str]) -> None:
        code, sentence = refused("export", organisation, "--valid-at", valid, "--known-at", NOW)
        assert code == told[0] and sentence.startswith(told[1])


@pytest.mark.django_db
class TestImport:
    """What becomes of each statement: tests/kyc/ownership/test_filing.py."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        statements = chain()
        statements[0]["recordDetails"]["name"] = "Nordlys Modelling AS"
        norway = {"name": "Norway", "code": "NO"}
        statements[1]["recordDetails"]["nationalities"] = [norway]
        places = [{"type": "business", "country": norway}]
        statements[2]["recordDetails"] |= {"jurisdiction": norway, "addresses": places}
        file = tmp_path / "firm.json"
        file.write_text(json.dumps(statements))
        return file

    def run(self, file: Path, *options: str) -> dict[str, Any]:
        out = io.StringIO()
        call_command("bods", "import", str(file), *options, stdout=out)
        found: dict[str, Any] = json.loads(out.getvalue())
        return found

    def test_says_what_it_would_do_then_does_it(self, file: Path) -> None:
        told = cast.founded(cast.customer())
        asked = (str(told.organisation.pk), "--by", "Alice@nordlys.example")
        assert (len(self.run(file, *asked)["named"]), Interest.objects.count()) == (2, 0)
        assert (self.run(file, *asked, "--apply")["is_kept"], Interest.objects.count()) == (True, 2)
        assert len(self.run(file, *asked, "--apply")["as_before"]) == 2

    def test_refuses_in_a_sentence(self, file: Path) -> None:
        told = cast.founded(cast.customer())
        number = str(told.organisation.pk)
        eve = cast.customer("eve@other.example", "Eve")
        assert refused("import", str(file), "999999", "--by", eve.email)[0] == 2
        assert refused("import", str(file), number, "--by", "nobody@other.example")[0] == 2
        assert refused("import", str(file), number, "--by", eve.email)[0] == 2
        file.write_text(json.dumps([entity("firm", details={"uri": 3})]))
        assert "$[0].recordDetails.uri" in refused("import", str(file), number, "--by", "alice@nordlys.example")[1]
