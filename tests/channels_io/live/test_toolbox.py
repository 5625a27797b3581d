from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from pytest_django.fixtures import Settings

from agents.models import Agent
from agents.tools.answer import ToolAnswer
from channels_io.live.facts import LegFacts
from channels_io.live.toolbox import WorkspaceTools
from channels_io.models import Leg
from inference.spec import AgentSpec
from parley.accounts.models import AuditEvent, Workspace
from parley.lib.outbound import OutboundFailed, Response
from tests.channels_io.live.script import HandLine
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation
from tests.support.tools import CANARY, FakeOutside, json_answer, make_secret, make_tool

pytestmark = pytest.mark.django_db(transaction=True)

NODE: dict[str, Any] = {
    "id": "look_up",
    "kind": "http",
    "values": {
        "method": "POST",
        "url": "https://api.example.com/orders/{{order}}",
        "auth": "header",
        "auth_name": "X-Api-Key",
        "secret": "crm_key",
        "body": '{"zip": "{{zip}}"}',
        "results": [{"variable": "status", "path": "status"}],
    },
}


class Line:
    """One leg's toolbox, and what it sends."""

    def __init__(
        self, workspace: Workspace, answer: Response | OutboundFailed, flow: dict[str, Any] | None = None
    ) -> None:
        self.agent: Agent = make_agent(workspace)
        version = publish(self.agent)
        self.leg: Leg = make_conversation(self.agent).legs.get()
        self.spec: AgentSpec = version.agent_spec()
        facts = LegFacts(
            leg=self.leg.public_id,
            conversation=self.leg.conversation.public_id,
            agent="Ada",
            spec=self.spec,
            flow=flow or {"nodes": [], "flows": [{"id": "f", "nodes": [NODE]}]},
        )
        self.outside = FakeOutside(answer)
        self.tools = WorkspaceTools(facts, client=self.outside)

    def run(self, name: str, **arguments: Any) -> ToolAnswer:
        return async_to_sync(self.tools.run)(self.spec, name, arguments, "c1", HandLine())


@pytest.fixture
def line(acme: Workspace) -> Line:
    return Line(acme, json_answer('{"status": "shipped", "slots": [{"time": "09:00"}]}'))


def test_a_tool_of_the_workspace_is_asked_with_typed_arguments(acme: Workspace, line: Line) -> None:
    make_secret(acme)
    make_tool(
        acme,
        auth="bearer",
        secret="crm_key",
        parameters=[{"name": "day"}, {"name": "call", "fixed": "{{conversation}}"}],
        results=[{"name": "times", "path": "slots.*.time"}],
    )
    answer = line.run("find_slots", day="Monday", call="somebody else's")
    assert answer.ok
    assert json.loads(answer.result) == {"times": ["09:00"]}
    (sent,) = line.outside.requests
    assert sent.url == f"https://api.example.com/slots?day=Monday&call={line.leg.conversation.public_id}"
    assert dict(sent.credentials) == {"Authorization": f"Bearer {CANARY}"}
    assert CANARY not in answer.result


def test_a_nodes_own_request_comes_from_the_flow_that_runs(acme: Workspace, line: Line) -> None:
    make_secret(acme)
    answer = line.run("node:look_up", order="12/3", zip="01234")
    assert json.loads(answer.result)["status"] == "shipped"
    (sent,) = line.outside.requests
    assert sent.url == "https://api.example.com/orders/12%2F3"
    assert json.loads(sent.body) == {"zip": "01234"}
    assert dict(sent.credentials) == {"X-Api-Key": CANARY}
    assert sent.headers["Idempotency-Key"] == f"{line.leg.public_id}-c1"


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("find_slots", {}, "bad_arguments"),
        ("find_slots", {"day": ["x"]}, "bad_arguments"),
        ("gone", {}, "tool_unknown"),
        ("node:gone", {}, "not_a_request"),
        ("node:look_up", {"order": "1"}, "secret_missing"),
        ("parley.send", {}, "no_text"),
        ("parley.transfer", {}, "not_a_call"),
        ("parley.knowledge", {}, "not_connected"),
    ],
)
def test_what_cannot_be_run_says_why(
    acme: Workspace, line: Line, name: str, arguments: dict[str, Any], code: str
) -> None:
    make_tool(acme)
    answer = line.run(name, **arguments)
    assert not answer.ok
    assert json.loads(answer.result)["code"] == code
    assert line.outside.requests == []


def test_a_test_sends_nothing_and_calls_nobody(line: Line) -> None:
    line.tools = WorkspaceTools(replace(line.tools._facts, test=True), client=line.outside)
    assert json.loads(line.run("parley.transfer", target="+353871112233").result)["code"] == "test"
    assert json.loads(line.run("parley.send", text="Hello").result)["code"] == "test"


def test_tools_of_another_workspace_are_not_there(globex: Workspace, line: Line) -> None:
    make_tool(globex)
    assert json.loads(line.run("find_slots", day="Monday").result)["code"] == "tool_unknown"


def test_a_hostile_address_in_a_node_is_refused_when_it_runs(acme: Workspace) -> None:
    node = {"id": "n", "values": {"url": "http://169.254.169.254/latest/"}}
    line = Line(acme, json_answer("{}"), {"nodes": [node]})
    assert json.loads(line.run("node:n").result)["code"] == "address_private"
    assert line.outside.requests == []


def test_a_server_that_is_down_is_a_failure_in_words(acme: Workspace) -> None:
    make_tool(acme)
    line = Line(acme, OutboundFailed("api.example.com cannot be reached.", code="unreachable"))
    answer = line.run("find_slots", day="Monday")
    assert json.loads(answer.result) == {"error": "api.example.com cannot be reached.", "code": "unreachable"}


def test_an_agent_is_found_by_id_and_by_slug_in_its_workspace_only(
    acme: Workspace, globex: Workspace, line: Line
) -> None:
    other = make_agent(acme, "Billing")
    find = async_to_sync(line.tools.hand_over)
    assert find(other.public_id) is None
    assert find(other.slug) is None
    version = publish(other)
    assert find(other.public_id) == find(other.slug) == version.agent_spec()
    theirs = make_agent(globex, "Theirs")
    publish(theirs)
    for name in (theirs.public_id, theirs.slug, "", "ag_\x00", "nobody"):
        assert find(name) is None


def test_what_was_denied_is_in_the_audit_trail(acme: Workspace, line: Line) -> None:
    async_to_sync(line.tools.denied)("dial_" + "x" * 100)
    event = AuditEvent.objects.get(verb="tool.denied")
    assert event.target_id == line.leg.conversation.public_id
    assert event.data == {"tool": "dial_" + "x" * 55, "leg": line.leg.public_id}


class Shop(BaseHTTPRequestHandler):
    """A server of the outside world, on a real socket."""

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "key": self.headers["Authorization"][:6]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


def test_a_tool_over_a_real_socket_with_a_secret_that_is_in_no_log_and_no_row(
    acme: Workspace, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.PARLEY_EGRESS_ALLOW = [f"127.0.0.1:{server.server_port}"]
        make_secret(acme, host="127.0.0.1")
        make_tool(
            acme, url=f"http://127.0.0.1:{server.server_port}/slots?day={{{{day}}}}", auth="bearer", secret="crm_key"
        )
        line = Line(acme, json_answer("{}"))
        line.tools._client = None
        with caplog.at_level(logging.DEBUG):
            answer = line.run("find_slots", day="Tue & Wed")
        server.shutdown()
        thread.join()
    assert answer.ok
    assert json.loads(answer.result) == {"path": "/slots?day=Tue%20%26%20Wed", "key": "Bearer"}
    assert CANARY not in caplog.text
    for model in apps.get_models():
        assert CANARY not in json.dumps(list(model._default_manager.values()), default=str)
