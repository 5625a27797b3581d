from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

UNREACHABLE = "http://127.0.0.1:9"


@contextmanager
def worker(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/ready" else 404)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_health_asks_nobody() -> None:
    answer = Client().get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.django_db
def test_ready_with_one_ready_worker_of_two(settings: Settings) -> None:
    with worker(200) as url:
        settings.PARLEY_WORKERS = [UNREACHABLE, url]
        answer = Client().get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "valkey": "ok", "worker": "ok"}


@pytest.mark.django_db
def test_not_ready_while_the_worker_loads(settings: Settings) -> None:
    with worker(503) as url:
        settings.PARLEY_WORKERS = [url]
        answer = Client().get("/ready")
    assert (answer.status_code, answer.json()["worker"]) == (503, "not ready")


@pytest.mark.django_db
def test_not_ready_without_worker_or_valkey(settings: Settings) -> None:
    settings.PARLEY_WORKERS = [UNREACHABLE]
    settings.REDIS_URL = "unix:///nowhere.sock"
    answer = Client().get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not_ready",
        "database": "ok",
        "valkey": "unreachable",
        "worker": "unreachable",
    }


@pytest.mark.django_db
def test_metrics_count_requests_by_route() -> None:
    Client().get("/agents/ag_aaaaaaaaaaaaaaaaaaaa/")
    text = Client().get("/metrics").content.decode()
    assert 'parley_web_requests_total{method="GET",route="agents/<str:public_id>/",status="302"}' in text
    assert "ag_aaaaaaaaaaaaaaaaaaaa" not in text


def test_metrics_are_for_this_machine_or_the_holder_of_the_token(settings: Settings) -> None:
    assert Client(REMOTE_ADDR="203.0.113.7").get("/metrics").status_code == 404
    assert Client(headers={"X-Forwarded-For": "127.0.0.1"}).get("/metrics").status_code == 404
    settings.PARLEY_METRICS_TOKEN = "scrape-me"
    assert Client().get("/metrics").status_code == 404
    assert (
        Client(headers={"Authorization": "Bearer scrape-me"}, REMOTE_ADDR="203.0.113.7").get("/metrics").status_code
        == 200
    )
