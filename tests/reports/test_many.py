"""Several reports in one file: only what each could be taken alone, and each recorded."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from reports import actions, building, canonical, many
from reports.models import Report
from tests import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_pages", "kept")]


@pytest.fixture
def two(organisation: Organisation, astrid: User) -> list[Report]:
    for kind in ("R-03", "R-04"):
        actions.request(organisation, kind=kind, by=astrid)
    building.run()
    found = list(Report.objects.filter(state="issued").order_by("pk"))
    assert len(found) == 2
    return found


def sent(reports: list[Report], by: User) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(many.zipped(reports, to=by))))


class TestTake:
    def test_holds_each_under_its_number_with_its_digest(self, two: list[Report], astrid: User) -> None:
        with sent(many.take([report.pk for report in two], by=astrid), astrid) as archive:
            assert archive.namelist() == [*(f"{report.number}.pdf" for report in two), "manifest.json"]
            told = json.loads(archive.read("manifest.json"))
            assert told == {f"{report.number}.pdf": report.file_sha256 for report in two}
            assert all(canonical.sha256(archive.read(name)) == digest for name, digest in told.items())

    def test_each_is_recorded(self, two: list[Report], astrid: User) -> None:
        many.take([report.pk for report in two], by=astrid)
        rows = AuditEvent.objects.filter(verb="report.downloaded").order_by("pk")
        assert [row.target_id for row in rows] == [str(report.pk) for report in two]

    def test_what_is_not_ready_or_a_persons_own_is_left_out(
        self, two: list[Report], organisation: Organisation, astrid: User
    ) -> None:
        waiting = actions.request(organisation, by=astrid)
        cut = ("organisation", "valid_at", "known_at", "snapshot", "rule_pack", "template")
        other = Report.objects.create(
            **{name: getattr(two[0], name) for name in cut},
            kind="R-17", requested_by=astrid, state="issued", sha256="0" * 64, facts="{}", file=two[0].file.name,
        )  # fmt: skip
        assert many.take([waiting.pk, other.pk, two[0].pk], by=astrid) == [two[0]]
        with pytest.raises(many.NoneChosen):
            many.take([waiting.pk, other.pk], by=astrid)

    def test_no_more_than_a_hundred_at_once(self, astrid: User) -> None:
        with pytest.raises(many.TooMany, match="at most 100"):
            many.take(range(1, 102), by=astrid)

    def test_only_who_reads_reports(self, two: list[Report]) -> None:
        with pytest.raises(NotPermitted):
            many.take([two[0].pk], by=cast.staff("support"))
        assert not AuditEvent.objects.filter(verb="report.downloaded").exists()


class TestPage:
    def test_the_list_offers_those_that_can_be_taken(self, two: list[Report], organisation: Organisation, astrid: User) -> None:
        waiting = actions.request(organisation, by=astrid)
        page = cast.signed_in(astrid).get(reverse("reports:list")).content.decode()
        assert [f'name="report" value="{report.pk}"' in page for report in (*two, waiting)] == [True, True, False]

    @pytest.mark.parametrize("ticked", [[], ["hello"], ["99999999999999999999999"]])
    def test_nothing_ticked_is_told(self, astrid: User, ticked: list[str]) -> None:
        answer: Any = cast.signed_in(astrid).post(reverse("reports:many_download"), {"report": ticked}, follow=True)
        assert "Choose at least one report" in answer.content.decode()
