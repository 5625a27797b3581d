from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from parley.lib.clients import client_address

FORWARDED = "6.6.6.6, 5.5.5.5, 10.0.0.1"


@pytest.mark.parametrize(("proxies", "expected"), [(0, "127.0.0.1"), (1, "10.0.0.1"), (2, "5.5.5.5"), (9, "127.0.0.1")])
def test_the_header_counts_as_far_as_our_proxies_wrote_it(
    settings: Settings, rf: RequestFactory, proxies: int, expected: str
) -> None:
    settings.PARLEY_PROXIES = proxies
    assert client_address(rf.get("/", headers={"X-Forwarded-For": FORWARDED})) == expected
