"""Tools through the whole line: a flow in a real worker process asks, the web side sends, over a real socket."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from agents.models import Agent
from channels_io.models import Event
from parley.accounts.models import Workspace
from tests.channels_io.live.processes import TOKEN, worker
from tests.support.agents import make_agent, publish
from tests.support.tools import CANARY, make_secret, make_tool

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


class Shop(ThreadingHTTPServer):
    """Knows one order, takes returns, and notes who asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Counter)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []


class Counter(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        found = self.path == "/orders/123456" or self.command == "POST"
        data = json.dumps({"order": {"status": "on its way"}, "number": "R-77"} if found else {}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def shop(settings: Settings) -> Iterator[Shop]:
    with Shop() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.PARLEY_EGRESS_ALLOW = [f"127.0.0.1:{server.server_port}"]
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def speech_worker(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)
    process = worker(tmp_path)
    process.start()
    process.wait_ready()
    settings.PARLEY_WORKERS = [f"http://127.0.0.1:{process.port}"]
    settings.PARLEY_WORKER_TOKEN = TOKEN
    yield
    process.stop()


def node(node_id: str, kind: str, /, **values: Any) -> dict[str, Any]:
    return {"id": node_id, "kind": kind, "name": node_id, "x": 0, "y": 0, "values": values, "global": None}


def edge(source: str, target: str, port: str = "next") -> dict[str, Any]:
    return {
        "id": f"{source}_{port}_{target}", "source": source, "port": port, "target": target, "kind": "else", "label": "",
        "event": "", "match": "all", "rows": [], "priority": 0,
    }  # fmt: skip


def flow(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> dict[str, Any]:
    return {"schema": 1, "nodes": nodes, "edges": edges, "flows": [], "variables": []}


def order_desk(workspace: Workspace, shop: Shop, after: str) -> Agent:
    """Asks for an order's number, looks it up with a request of its own, takes it back with a tool, hands on."""
    base = f"http://127.0.0.1:{shop.server_port}"
    make_secret(workspace, host="127.0.0.1")
    make_tool(
        workspace,
        "take_back",
        method="POST",
        url=f"{base}/returns",
        auth="bearer",
        secret="crm_key",
        parameters=[{"name": "order"}, {"name": "conversation", "fixed": "{{conversation}}"}],
    )
    nodes = [
        node("start", "start"),
        node("ask", "collect", variable="order", kind="digits", ask="Which order?", minimum=6, maximum=6),
        node("look", "http", method="GET", url=f"{base}/orders/{{{{order}}}}", results=[{"variable": "status", "path": "order.status"}]),
        node("told", "say", text="It is {{status}}."),
        node("back", "tool", tool="take_back", arguments=[{"name": "order", "value": "{{order}}"}], results=[{"variable": "slip", "path": "number"}]),
        node("slip", "say", text="Your slip is {{slip}}."),
        node("on", "handoff", agent=after, text="I hand you over."),
        node("lost", "end", text="There is no such order.", reason="completed"),
    ]  # fmt: skip
    edges = [
        edge("start", "ask"), edge("ask", "look"), edge("look", "told", "success"), edge("look", "lost", "failure"),
        edge("told", "back"), edge("back", "slip", "success"), edge("back", "lost", "failure"), edge("slip", "on"),
        edge("on", "lost", "failure"), edge("ask", "lost", "no_match"),
    ]  # fmt: skip
    agent = make_agent(workspace, "Orders", greeting="Hello.")
    agent.draft.flow = flow(nodes, edges)
    agent.draft.save()
    publish(agent)
    return agent


def chat(monkeypatch: pytest.MonkeyPatch, typed: str) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    out = io.StringIO()
    call_command("chat", agent="orders", stdout=out, no_color=True)
    return out.getvalue()


@pytest.fixture
def desk(acme: Workspace, shop: Shop, speech_worker: None) -> Agent:
    colleague = make_agent(acme, "Colleague", greeting="Colleague speaking.")
    colleague.draft.flow = flow(
        [node("start", "start"), node("bye", "end", text="All done, goodbye.", reason="completed")],
        [edge("start", "bye")],
    )
    colleague.draft.save()
    publish(colleague)
    return order_desk(acme, shop, colleague.public_id)


def test_a_flow_looks_up_takes_back_and_hands_on(desk: Agent, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = chat(monkeypatch, "123456\n")
    assert "It is on its way." in shown
    assert "Your slip is R-77." in shown
    assert "I hand you over." in shown
    assert "All done, goodbye." in shown
    (_get, path, headers, _none), (_post, back, signed, body) = shop.asked
    assert (path, back) == ("/orders/123456", "/returns")
    assert "Authorization" not in headers
    assert signed["Authorization"] == f"Bearer {CANARY}"
    sent = json.loads(body)
    assert sent["order"] == "123456"
    assert sent["conversation"].startswith("cv_")
    events = list(Event.objects.filter(kind__in=("tool_call", "tool_result")).order_by("seq"))
    assert [event.data["name"] for event in events if event.kind == "tool_call"] == [
        "node:look",
        "take_back",
        "parley.agent",
    ]
    assert all(event.data["ok"] for event in events if event.kind == "tool_result")
    assert CANARY not in json.dumps([event.data for event in events])


def test_a_failure_has_a_path_of_its_own(desk: Agent, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There is no such order." in chat(monkeypatch, "654321\n")
    assert len(shop.asked) == 1


def test_a_server_that_is_no_longer_allowed_is_not_asked(
    desk: Agent, shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PARLEY_EGRESS_ALLOW = []
    assert "There is no such order." in chat(monkeypatch, "123456\n")
    assert shop.asked == []
    result = Event.objects.get(kind="tool_result")
    assert json.loads(result.data["result"])["code"] == "address_private"
