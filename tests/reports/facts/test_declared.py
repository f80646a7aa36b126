"""What the dossier says of who may sign, and of who was asked to show who he is."""

from typing import Any

from tests.reports.story import Life


def at(life: Life, stage: str, section: str) -> Any:
    return life.then[stage].facts[section]


class TestSignatories:
    def test_an_office_is_told_as_declared_and_not_verified(self, life: Life) -> None:
        (row,) = at(life, "declared", "signatories")
        assert (row["party"], row["authority"]) == ("Alice Olsen", "declared as controlling person, director")
        assert row["identity"].startswith("document held: ")
        assert (row["result"], row["document"], row["proved_by"], row["proved_at"]) == ("not verified", "", "", "")
        told = [row["sentence"] for row in at(life, "declared", "completeness")["unknowns"]]
        assert "No officer has verified that these may sign: Alice Olsen." in told

    def test_what_an_officer_verified_is_told_with_the_document(self, life: Life) -> None:
        (row,) = at(life, "approved", "signatories")
        assert (row["result"], row["document"], row["proved_by"]) == ("verified", "Register extract, extract.pdf", "Ana Maric")
        assert row["proved_at"]
        told = [row["sentence"] for row in at(life, "approved", "completeness")["unknowns"]]
        assert not any("may sign" in sentence for sentence in told)

    def test_who_signs_no_more_is_told_before_and_not_afterwards(self, life: Life) -> None:
        assert at(life, "afterwards", "signatories") == []
        assert life.again["approved"]["signatories"] == at(life, "approved", "signatories")


class TestInvitations:
    def test_a_file_that_came_is_no_proof(self, life: Life) -> None:
        assert [row["result"] for row in at(life, "declared", "invitations")] == ["open"]
        assert [row["result"] for row in at(life, "approved", "invitations")] == ["sent an identity document by the link"]
