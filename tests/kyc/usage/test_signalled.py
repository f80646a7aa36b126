"""What use leaves as signals: a batch at once, and nothing of a gateway's own hashes."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts import scope, signals
from accounts.models import GatewayCredential, Organisation, Signal
from kyc.usage import intake, rows, signalled
from kyc.usage.models import UsageBatch
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued, issue
from tests.kyc.usage.scenes import row, sent, this_hour

IP, CLIENT = "5f1d7a84db00d2fce00b31a7fc73224f", "t13d1516h2_8daaf6152771_e5627efa2ab1"


def signature(*bands: int) -> str:
    """Of eight bands, which are numbers here."""
    return urlsafe_b64encode(b"".join(bytes([200 + band, *range(band, band + 7)]) for band in bands)).decode().rstrip("=")


def left(organisation: Organisation) -> set[tuple[str, Any]]:
    with scope.whole():
        found = Signal.objects.filter(organisation=organisation, type__in=["api_ip", "user_agent", "template"])
        return set(found.values_list("type", "value"))


class TestBands:
    def test_of_a_signature_are_eight_each_with_its_place(self) -> None:
        found = rows.bands(signature(*range(8)))
        assert len(signature(*range(8))) == rows.SIGNATURE_LONG and len(set(found)) == 8
        assert found[0].startswith("0:c8")

    def test_of_any_other_hash_are_one_and_of_nothing_none(self) -> None:
        assert rows.bands("9f86d081884c7d659a2feaa0c55ad015") == ["9f86d081884c7d659a2feaa0c55ad015"]
        assert rows.bands("") == []


def taken(gateway: GatewayCredential, *told: dict[str, Any]) -> None:
    intake.take(sent(*told), credential=gateway)
    signalled.run()


@pytest.mark.django_db
class TestLeave:
    def test_is_by_account_and_counts_requests(self, gateway: GatewayCredential, linked: Issued, sorvik: Founded) -> None:
        both = ((found.key.organisation, found.key.prefix) for found in (linked, issue(sorvik)))
        (nordlys, prefix), (outside, other) = both
        hour = this_hour()
        told = [
            row(prefix, hour, requests=3, ip_hash=IP, client=CLIENT, template=signature(0, 1, 2, 3, 4, 5, 6, 7)),
            row(prefix, hour, requests=4, ip_hash=IP, asn=64512, model="b"),
            row(other, hour, requests=1, ip_hash=IP, template=signature(0, 11, 12, 13, 14, 15, 16, 17)),
            row(other, hour, requests=0, ip_hash="0" * 32, model="b"),
        ]
        with CaptureQueriesContext(connection) as asked:
            assert intake.take(sent(*told), credential=gateway)["bad"] == []
        assert not any("kh_leave_signals" in query["sql"] for query in asked.captured_queries), "no request waits for it"
        with CaptureQueriesContext(connection) as asked:
            signalled.run()
        assert sum("kh_leave_signals" in query["sql"] for query in asked.captured_queries) == 1
        value = signals.value("api_ip", IP)
        with scope.whole():
            assert Signal.objects.get(organisation=nordlys, value=value).count == 7
        shared = left(nordlys) & left(outside)
        assert {type for type, _ in shared} == {"api_ip", "template"}
        assert len([one for one in shared if one[0] == "template"]) == 1
        assert len([one for one in left(nordlys) if one[0] == "template"]) == 8
        assert ("api_ip", signals.value("api_ip", "0" * 32)) not in left(outside)

    def test_keeps_of_an_account_the_values_that_it_uses_most(
        self, gateway: GatewayCredential, linked: Issued, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signalled, "MOST", 2)
        hashes = [f"{number:032x}" for number in range(4)]
        told = [row(linked.key.prefix, this_hour(), requests=n + 1, ip_hash=hashes[n], model=f"m{n}") for n in range(4)]
        taken(gateway, *told)
        found = {value for type, value in left(linked.key.organisation) if type == "api_ip"}
        assert found == {signals.value("api_ip", text) for text in hashes[2:]}

    def test_a_day_adds_so_many_however_many_batches_it_has(
        self, gateway: GatewayCredential, linked: Issued, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signalled, "MOST", 3)
        for number in range(5):
            told = [
                row(linked.key.prefix, this_hour(), ip_hash=f"{n:032x}", model=f"m{n}") for n in (0, 2 * number, 2 * number + 1)
            ]
            taken(gateway, *told)
        with scope.whole():
            found = Signal.objects.filter(organisation=linked.key.organisation, type="api_ip")
            assert found.count() == 3
            # What it showed before counts on.
            assert found.get(value=signals.value("api_ip", f"{0:032x}")).count == 6

    def test_a_lock_loses_nothing(self, gateway: GatewayCredential, linked: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
        def locked(*_: Any, **__: Any) -> None:
            raise OperationalError("lock timeout")

        with monkeypatch.context() as held:
            held.setattr(signals, "leave_all", locked)
            taken(gateway, row(linked.key.prefix, this_hour(), ip_hash=IP))
        batch = UsageBatch.objects.get()
        assert (batch.state, batch.errors, batch.failure) == ("queued", 1, "OperationalError: lock timeout")
        UsageBatch.objects.update(claimed_until=None)
        for _again in range(2):
            signalled.run()
        with scope.whole():
            assert Signal.objects.get(value=signals.value("api_ip", IP)).count == 1
        assert UsageBatch.objects.get().state == "done"

    def test_of_a_batch_without_anything_in_common_is_nothing(self, gateway: GatewayCredential, linked: Issued) -> None:
        taken(gateway, row(linked.key.prefix, this_hour()))
        assert not left(linked.key.organisation) and UsageBatch.objects.get().state == "done"
