"""What the API answers is what its OpenAPI document says, for whatever is sent.

The cases are made from the document itself. Conversations are answered by a stub: a worker is no part of this.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from channels_io.live.exchange import Reply
from parley.accounts.models import User, Workspace
from parley.docs import api_schema
from tests.support.world import World, api_key_of

schema = schemathesis.openapi.from_dict(api_schema())
schema.config.update(base_url="http://testserver")
schema.config.phases.coverage.enabled = False  # hundreds of cases for one address: too slow for every run
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture
def key(acme: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    async def answer(*_: Any, **__: Any) -> AsyncGenerator[Reply]:
        yield Reply("cv_stub", "m1", 1, "Yes.")

    monkeypatch.setattr("channels_io.kinds.api.views.exchange", answer)
    monkeypatch.setattr("parley.api.ActorThrottle.allow_request", lambda *_: True)
    monkeypatch.setattr("agents.actions.save_tool.look_up_server", lambda *_: [])
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)
    World(acme, alice)
    secret = api_key_of(acme)[1]
    for signal in (request_started, request_finished):  # The test's transaction is open: its connection stays.
        signal.disconnect(close_old_connections)
    yield secret
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.django_db
def test_every_answer_is_as_the_document_says(case: schemathesis.Case, key: str) -> None:
    case.operation.app = case.operation.schema.app = get_wsgi_application()
    response = case.call(headers={"Authorization": f"Bearer {key}"})
    case.validate_response(response, checks=CHECKS)
