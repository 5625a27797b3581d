"""OpenTelemetry: one trace a turn, sent by OTLP over HTTP where the standard variables name an endpoint.

Without OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT neither the tracer nor the
exporter is imported or started. A trace says how long each wait was and what ran: no words, numbers or names of callers.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

logger = logging.getLogger(__name__)

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HTTP: Final = "http/protobuf"
SERVICE: Final = "parley-web"
NANO: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTrace:
    """`waits` are contiguous (name, ms); the last one ends at `ended`, seconds of the wall clock."""

    waits: Sequence[tuple[str, float]]
    ended: float
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    missed: bool = False
    """The answer came later than the budget."""


class TurnTracer:
    """Ended spans wait in a queue; a thread of OpenTelemetry's own sends them."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("parley")

    def trace(self, turn: TurnTrace) -> None:
        """Root "turn" with a child for each wait, at the times they really had."""
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        at = round((turn.ended - sum(ms for _, ms in turn.waits) / 1000) * NANO)
        attributes = {**turn.attributes, "parley.budget_missed": turn.missed}
        root = self._tracer.start_span("turn", context=Context(), start_time=at, attributes=attributes)
        inside = set_span_in_context(root, Context())
        for name, ms in turn.waits:
            span = self._tracer.start_span(name, context=inside, start_time=at, attributes={"parley.wait": name})
            at += round(ms * NANO / 1000)
            span.end(at)
        root.end(at)

    def flush(self) -> bool:
        """Send what waits, now; False when the receiver did not take it in time."""
        return self._provider.force_flush()

    def close(self) -> None:
        self._provider.shutdown()


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the standard variables ask for traces."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return False
    return any(environment.get(name, "").strip() for name in ENDPOINTS)


def start(version: str) -> TurnTracer:
    """A tracer that the standard OTEL_ variables set up: endpoint, headers, timeout, resource, sampler, batches."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    asked = next((os.environ[name].strip() for name in PROTOCOLS if os.environ.get(name, "").strip()), HTTP)
    if asked != HTTP:
        logger.warning("Traces are sent as %s: %s is not spoken here.", HTTP, asked)
    ours = Resource.create({"service.name": SERVICE, "service.version": version})
    # The later one wins: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before our names.
    resource = ours.merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return TurnTracer(provider)


_tracer: TurnTracer | None = None


def set_up(version: str) -> None:
    """Once, when the process starts: importing OpenTelemetry would hold up a call."""
    global _tracer
    if _tracer is None and wanted():
        _tracer = start(version)
        logger.info("Each turn is traced, by OTLP.")


def tracer() -> TurnTracer | None:
    """Where traces of this process go; None: nowhere."""
    return _tracer
