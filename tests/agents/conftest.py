"""A worker as the web side sees it: a real HTTP server on a real port that answers what the test sets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings

ENGINES = [
    {"kind": "faster_whisper", "role": "transcriber", "model": "base", "languages": ["en", "de"], "voices": []},
    {"kind": "llama_cpp", "role": "chat", "model": "qwen", "languages": [], "voices": []},
    {"kind": "hibari", "role": "synthesizer", "model": "hibari", "languages": ["en"], "voices": ["heart"]},
    {"kind": "piper", "role": "synthesizer", "model": "joe", "languages": ["en"], "voices": ["joe", "amy"]},
]


class WorkerStub:
    """What it was asked (`asked`: method, path, token, body) and what it answers."""

    def __init__(self) -> None:
        self.engines: Any = ENGINES
        self.pcm = b"\x01\x00" * 240
        self.status = 200
        self.asked: list[tuple[str, str, str, bytes]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.answer(self)

            do_POST = do_PUT = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        token = request.headers.get("Authorization", "")
        self.asked.append((request.command, request.path, token, body))
        if request.path == "/status":
            data = json.dumps({"ready": True, "engines": self.engines}).encode()
        elif request.path == "/v1/audio/speech" and self.status == 200:
            data = self.pcm
        else:
            data = json.dumps({"error": {"message": "No such voice."}}).encode()
        request.send_response(self.status)
        request.send_header("Content-Length", str(len(data)))
        request.send_header("x-sample-rate", "24000")
        request.end_headers()
        request.wfile.write(data)


@pytest.fixture
def worker(settings: Settings) -> Iterator[WorkerStub]:
    """A worker that answers; the settings point at it alone."""
    stub = WorkerStub()
    thread = threading.Thread(target=stub.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.PARLEY_WORKERS = [stub.url]
    settings.PARLEY_WORKER_TOKEN = "worker-token"
    yield stub
    stub.server.shutdown()
    thread.join()
    stub.server.server_close()


@pytest.fixture(autouse=True)
def _no_worker(settings: Settings) -> None:
    """Nothing listens there: by default a test runs without a worker."""
    settings.PARLEY_WORKERS = ["http://127.0.0.1:9"]
