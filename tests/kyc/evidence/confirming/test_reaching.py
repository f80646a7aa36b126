"""A call leads nowhere but where it is meant to."""

import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from kyc.evidence.confirming import lookups, reaching
from kyc.evidence.confirming.domains import is_public
from kyc.evidence.confirming.reaching import Unreachable
from tests.kyc.evidence.confirming.servers import LOCAL, certificate, name_server, says, web_server

HOST = "nordlys.example"


def here(_host: str) -> list[str]:
    return [LOCAL]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "2002:7f00:1::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
        "2001:db8::1", "fe80::1%eth0", "localhost", "", "127.1", "0x7f000001",
    ],
)  # fmt: skip
def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "193.0.6.139", "2620:fe::fe", "2001:67c:2e8:22::c100:68b", "64:ff9b::909:909"])
def test_what_is_public_is(address: str) -> None:
    assert is_public(address)


class TestStrangers:
    def test_one_address_that_is_not_public_closes_all(self, settings: Any) -> None:
        with name_server() as server:
            settings.DNS_SERVERS = [server.address]
            server.zone[HOST, "A"] = ["9.9.9.9", "10.0.0.1"]
            with pytest.raises(Unreachable, match="not public"):
                reaching.strangers(HOST)
            server.zone[HOST, "A"], server.zone[HOST, "AAAA"] = ["9.9.9.9"], ["::1"]
            with pytest.raises(Unreachable, match="not public"):
                reaching.strangers(HOST)
            server.zone[HOST, "AAAA"] = ["2620:fe::fe"]
            assert reaching.strangers(HOST) == ["9.9.9.9", "2620:fe::fe"]

    def test_a_name_without_an_address_is_none(self, settings: Any) -> None:
        with name_server() as server:
            settings.DNS_SERVERS = [server.address]
            with pytest.raises(Unreachable, match="no address"):
                reaching.strangers(HOST)

    def test_an_address_for_a_name_is_not_asked_of_the_machine(self, settings: Any) -> None:
        """It would know names of this house, such as localhost."""
        with name_server() as server:
            settings.DNS_SERVERS = [server.address]
            with pytest.raises(Unreachable):
                reaching.strangers("localhost")
            assert ("localhost", "A") in server.asked

    def test_a_name_server_that_is_silent_does_not_hold_us_for_long(self, settings: Any, monkeypatch: Any) -> None:
        monkeypatch.setattr(lookups, "SECONDS", 0.5)
        with name_server() as server:
            settings.DNS_SERVERS, server.is_silent = [server.address], True
            began = time.monotonic()
            with pytest.raises(Unreachable, match="DNS"):
                reaching.strangers(HOST)
            assert time.monotonic() - began < 3


class TestAsked:
    def test_the_call_goes_to_the_address_that_was_judged_under_the_hosts_own_name(self, tmp_path: Path) -> None:
        pem, hosts = certificate(tmp_path, HOST), []

        def answer(handler: Any) -> None:
            hosts.append(handler.headers["Host"])
            says(b"hello")(handler)

        with web_server(answer, certificate=pem) as port:
            context = ssl.create_default_context(cafile=str(pem))
            found = reaching.get(f"https://{HOST}/a", reach=here, port=port, context=context)
        assert (found.status, found.body) == (200, b"hello")
        assert hosts == [f"{HOST}:{port}"]

    def test_a_certificate_of_another_host_is_not_believed(self, tmp_path: Path) -> None:
        pem = certificate(tmp_path, "elsewhere.example")
        with web_server(says(b"hello"), certificate=pem) as port:
            context = ssl.create_default_context(cafile=str(pem))
            with pytest.raises(Unreachable, match="SSLCert"):
                reaching.get(f"https://{HOST}/a", reach=here, port=port, context=context)

    def test_no_redirect_is_followed(self) -> None:
        asked = []

        def answer(handler: Any) -> None:
            asked.append(handler.path)
            says(b"", status=302, headers={"Location": "/secret"})(handler)

        with web_server(answer) as port:
            assert reaching.get(f"http://{HOST}:{port}/a", reach=here).status == 302
        assert asked == ["/a"]

    def test_no_proxy_of_the_environment_is_used(self, monkeypatch: Any) -> None:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        with web_server(says(b"hello")) as port:
            assert reaching.get(f"http://{HOST}:{port}/", reach=here).body == b"hello"

    def test_more_than_it_may_be_is_no_answer(self) -> None:
        with web_server(says(b"x" * (reaching.MOST_BYTES + 1))) as port, pytest.raises(Unreachable, match="too long"):
            reaching.get(f"http://{HOST}:{port}/", reach=here)
        with web_server(says(b"x" * reaching.MOST_BYTES)) as port:
            assert len(reaching.get(f"http://{HOST}:{port}/", reach=here).body) == reaching.MOST_BYTES

    @pytest.mark.parametrize("slow", ["head", "body"])
    def test_who_answers_a_byte_at_a_time_is_cut_off(self, slow: str, monkeypatch: Any) -> None:
        monkeypatch.setattr(reaching, "SECONDS", 1.0)

        def answer(handler: Any) -> None:
            if slow == "body":
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(200):
                try:
                    handler.wfile.write(b"x")
                    handler.wfile.flush()
                except OSError:
                    return
                time.sleep(0.1)

        began = time.monotonic()
        with web_server(answer) as port, pytest.raises(Unreachable):
            reaching.get(f"http://{HOST}:{port}/", reach=here)
        assert time.monotonic() - began < 4

    def test_what_is_no_http_is_unreachable(self) -> None:
        with web_server(lambda handler: handler.wfile.write(b"\x00\x01\x02\r\n\r\n")) as port, pytest.raises(Unreachable):
            reaching.get(f"http://{HOST}:{port}/", reach=here)

    def test_nobody_there_is_unreachable(self) -> None:
        with web_server(says(b"")) as port:
            pass
        with pytest.raises(Unreachable, match="Connection"):
            reaching.get(f"http://{HOST}:{port}/", reach=here)
