from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from parley.accounts.models import User, Workspace


@pytest.mark.django_db
def test_cast(alice: User, charlie: User, acme: Workspace, client_of: Callable[[User], Client]) -> None:
    assert client_of(alice).get("/health").status_code == 200
