from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from parley import tracing
from parley.tracing import TurnTrace


class Receiver:
    """A real OTLP/HTTP endpoint that keeps what it is sent."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        self.paths: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.paths.append(self.path)
                receiver.requests.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def plain(attributes: Iterator[KeyValue] | list[KeyValue]) -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with receiver.server as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


WAITS = [("silence", 96.0), ("first token", 203.25), ("wire", 0.75)]
TURN = TurnTrace(
    waits=WAITS,
    ended=1_795_000_000.5,
    attributes={"parley.agent": "ag_1", "parley.turn": 3, "parley.filler": False, "parley.wait_ms": 300.0},
    missed=True,
)


def test_a_turn_is_one_trace_with_its_waits_at_their_times(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=lab")
    tracer = tracing.start("9.9")
    tracer.trace(TURN)
    tracer.trace(TURN)
    assert tracer.flush()
    tracer.close()
    assert set(receiver.paths) == {"/v1/traces"}
    spans = receiver.spans()
    roots = [span for span in spans if span.name == "turn"]
    assert len(spans) == 8
    assert len({root.trace_id for root in roots}) == 2
    root = roots[0]
    assert not root.parent_span_id
    assert plain(list(root.attributes)) == {**TURN.attributes, "parley.budget_missed": True}
    assert root.end_time_unix_nano == 1_795_000_000_500_000_000
    assert root.end_time_unix_nano - root.start_time_unix_nano == 300_000_000
    children = [span for span in spans if span.parent_span_id == root.span_id]
    assert [child.name for child in children] == ["silence", "first token", "wire"]
    assert {child.trace_id for child in children} == {root.trace_id}
    lengths = [child.end_time_unix_nano - child.start_time_unix_nano for child in children]
    assert lengths == [96_000_000, 203_250_000, 750_000]
    assert all(before.end_time_unix_nano == after.start_time_unix_nano for before, after in pairwise(children))
    assert children[0].start_time_unix_nano == root.start_time_unix_nano
    resource = plain(list(receiver.requests[0].resource_spans[0].resource.attributes))
    assert resource["service.name"] == "parley-web"
    assert resource["service.version"] == "9.9"
    assert resource["deployment.environment.name"] == "lab"


def test_the_operators_name_goes_before_ours(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{receiver.url}/here")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "front desk")
    tracer = tracing.start("9.9")
    tracer.trace(TURN)
    assert tracer.flush()
    tracer.close()
    assert receiver.paths == ["/here"]
    resource = plain(list(receiver.requests[0].resource_spans[0].resource.attributes))
    assert resource["service.name"] == "front desk"


def test_another_protocol_is_said_not_to_be_spoken(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    tracing.start("9.9").close()
    assert caplog.messages == ["Traces are sent as http/protobuf: grpc is not spoken here."]


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_traces_are_made_when_the_standard_variables_ask(environment: dict[str, str], asked: bool) -> None:
    assert tracing.wanted(environment) is asked


def test_neither_tracer_nor_exporter_is_imported_when_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tracing.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    program = (
        "import sys; sys.path[:0] = ['platform', '.']; import parley.asgi; from parley.tracing import tracer;"
        "assert tracer() is None;"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.exporter', 'opentelemetry.sdk.trace'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
