"""Every failure the worker can name.

ParleyError                      code, message, permanent
 ├─ EngineError                  a model failed: the reply ends, the conversation goes on
 │   ├─ EngineNotReady           not loaded, or its process is gone
 │   ├─ EngineTimeout            no output within the stage's limit
 │   └─ UnknownEngine            no such engine, model or voice (permanent)
 ├─ WeightsError                 a weight is missing, damaged or cannot be fetched (permanent)
 ├─ WorkerError                  the worker cannot take or keep a conversation
 │   ├─ WorkerFull               no slot free: refused at once, try another worker or later
 │   └─ WorkerLost               the socket to the worker broke
 └─ ProtocolError                the other side sent what the wire does not allow (permanent)

`code` is stable and shown to users; `message` says what to do; the cause goes to the log.
`permanent` alone decides whether a retry makes sense. Nothing branches on message text.
"""

from __future__ import annotations


class ParleyError(Exception):
    code = "internal"
    permanent = False

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class EngineError(ParleyError):
    code = "engine_failed"


class EngineNotReady(EngineError):
    code = "engine_not_ready"


class EngineTimeout(EngineError):
    code = "engine_timeout"


class UnknownEngine(EngineError):
    code = "engine_unknown"
    permanent = True


class WeightsError(ParleyError):
    code = "weights"
    permanent = True


class WorkerError(ParleyError):
    code = "worker_failed"


class WorkerFull(WorkerError):
    code = "worker_full"


class WorkerLost(WorkerError):
    code = "worker_lost"


class ProtocolError(ParleyError):
    code = "protocol"
    permanent = True
