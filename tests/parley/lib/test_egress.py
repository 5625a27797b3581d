from __future__ import annotations

from ipaddress import ip_address

import pytest

from parley.lib.egress import (
    NOTHING,
    EgressRefused,
    allowed_of,
    check_addresses,
    check_target,
    is_public,
    parse_target,
)
from parley.lib.env import EnvironmentProblem
from tests.support.hostile_urls import HOSTILE_URLS


def reach(url: str, *words: str) -> None:
    """What is decided before anybody is asked for an address."""
    check_target(parse_target(url), allowed_of(words))


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_hostile_addresses_are_refused_as_they_are_written(url: str) -> None:
    with pytest.raises(EgressRefused) as refused:
        reach(url.replace("{port}", "8080"))
    assert refused.value.message
    assert refused.value.permanent


def test_the_list_is_as_long_as_promised() -> None:
    assert len(set(HOSTILE_URLS)) >= 60


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://api.example.com/orders?id=1#top", "api.example.com", 443, "/orders?id=1"),
        ("HTTP://API.Example.COM", "api.example.com", 80, "/"),
        ("https://api.example.com.:8443/a/../b", "api.example.com", 8443, "/b"),
        ("https://bücher.example/ü?q=ß", "xn--bcher-kva.example", 443, "/%C3%BC?q=%C3%9F"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/"),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443, "/"),
        ("https://my_bucket.s3.example.com/", "my_bucket.s3.example.com", 443, "/"),
    ],
)
def test_public_addresses_are_read_once(url: str, host: str, port: int, path: str) -> None:
    target = parse_target(url)
    assert (target.host, target.port, target.path) == (host, port, path)
    check_target(target)
    assert parse_target(target.url) == target


def test_what_is_shown_of_an_address_has_no_query() -> None:
    assert parse_target("https://api.example.com:8443/x?key=hidden").shown == "https://api.example.com:8443"


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "93.184.215.14", "100.63.255.255", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"],
)
def test_the_public_internet(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "169.254.169.254", "172.31.0.1",
        "192.168.1.1", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:8.8.8.8",
        "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:808:808::1",
        "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "2606:4700::1%1",
    ],
)  # fmt: skip
def test_everything_else(address: str) -> None:
    assert not is_public(ip_address(address))


def test_one_private_address_among_several_is_enough() -> None:
    target = parse_target("https://api.example.com/")
    check_addresses(target, ["93.184.215.14"])
    for addresses in (["93.184.215.14", "10.0.0.1"], ["::1"], ["not an address"], []):
        with pytest.raises(EgressRefused):
            check_addresses(target, addresses)


def test_the_operator_opens_hosts_and_networks() -> None:
    words = ("10.1.0.0/16", "crm.lan", "files.lan:8443", "127.0.0.1:9000", "[fd00::5]:81")
    reach("http://10.1.2.3/", *words)
    reach("http://10.1.2.3:81/", *words)
    reach("http://crm.lan/", *words)
    reach("http://crm.lan:25/", *words)
    reach("https://files.lan:8443/", *words)
    reach("http://127.0.0.1:9000/", *words)
    reach("http://[fd00::5]:81/", *words)
    for url in (
        "http://10.2.0.1/", "http://evil.crm.lan/", "http://crm.lan.evil.lan/", "https://files.lan/",
        "http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "http://[fd00::6]:81/",
    ):  # fmt: skip
        with pytest.raises(EgressRefused):
            reach(url, *words)


def test_an_opened_host_may_stand_for_an_inner_address_and_another_name_may_not() -> None:
    allowed = allowed_of(["crm.lan", "10.1.0.0/16"])
    check_addresses(parse_target("http://crm.lan/"), ["192.168.4.4"], allowed)
    check_addresses(parse_target("http://api.example.com/"), ["10.1.2.3", "8.8.8.8"], allowed)
    with pytest.raises(EgressRefused):
        check_addresses(parse_target("http://api.example.com/"), ["192.168.4.4"], allowed)


@pytest.mark.parametrize(
    "word", ["http://crm.lan", "crm.lan/path", "10.0.0.0/99", "a b", "user@crm.lan", "*.lan", "crm.lan:x"]
)
def test_an_opening_that_is_not_understood_stops_everything(word: str) -> None:
    with pytest.raises(EnvironmentProblem, match="PARLEY_EGRESS_ALLOW"):
        allowed_of([word])


def test_nothing_is_open_by_default() -> None:
    assert allowed_of([]) == NOTHING
