"""What every report says of itself."""

import json
from pathlib import Path

import pytest

from accounts import snapshots
from accounts.vault import shredding
from kyc.parties.models import Party
from kyc.rules import packs
from reports import canonical, envelope, pdf
from reports.facts.dossier import DOSSIER
from reports.facts.frame import Facts
from tests import cast
from tests.reports import story


@pytest.mark.django_db(transaction=True)
class TestErased:
    def told(self, organisation: int, snapshot: snapshots.Snapshot) -> Facts:
        build = DOSSIER.build(organisation=organisation, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current())
        return [facts for _name, facts in build][-1]

    def test_a_report_known_before_says_what_was_erased_and_under_which_certificate(self) -> None:
        found = cast.founded(cast.customer())
        snapshot = snapshots.take()
        before = self.told(found.organisation.pk, snapshot)
        assert "erased" not in before
        keys = [
            shredding.shred(Party.objects.get(pk=party.pk).sealed_for, reason="Asked for.", by=None)
            for party in (found.party, found.controller)
        ]
        after = self.told(found.organisation.pk, snapshot)
        assert [row["certificate"] for row in after["erased"]] == sorted(key.certificate for key in keys)
        text = canonical.encode(after).decode()
        assert canonical.sha256(text.encode()) != canonical.sha256(canonical.encode(before))
        assert [
            value for value in ("1984", "918334207", "Strandgata") if value in json.dumps(after["parties"] + after["identity"])
        ] == []
        assert f"certificate {keys[0].certificate}" in text
        assert pdf.render(after, envelope.draft(after)).startswith(b"%PDF")

    def test_every_report_of_an_erased_customer_with_keys_is_there(self, tmp_path: Path) -> None:
        story.load_list(tmp_path)
        told = story.declared(cast.customer())
        story.examine()
        story.approve(told)
        story.hold(told)
        for party in Party.objects.filter(organisation=told.organisation):
            shredding.shred(party.sealed_for, reason="Asked for.", by=None)
        snapshot = snapshots.take()
        for facts in (
            story.dossier_of(told.organisation, snapshot=snapshot),
            story.attribution_of(told.organisation, snapshot=snapshot),
        ):
            assert "certificate ER-" in canonical.encode(facts).decode()
            assert pdf.render(facts, envelope.draft(facts)).startswith(b"%PDF")
