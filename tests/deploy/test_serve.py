from __future__ import annotations

import sys

import pytest

from parley import serve
from parley.lib.env import EnvironmentProblem


def test_each_server_is_started_with_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_SERVER", "daphne")
    daphne = serve.command("10.0.0.1", 8000)
    assert daphne[:4] == (sys.executable, "-m", "daphne", "-b")
    assert daphne[daphne.index("--ping-interval") :][:2] == ("--ping-interval", "20")
    assert daphne[-1] == serve.APPLICATION
    monkeypatch.setenv("PARLEY_SERVER", "uvicorn")
    assert serve.command("10.0.0.1", 8000) == (
        sys.executable,
        "-m",
        "parley.serve",
        "--host",
        "10.0.0.1",
        "--port",
        "8000",
    )


def test_a_socket_that_listens_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    for server in serve.SERVERS:
        monkeypatch.setenv("PARLEY_SERVER", server)
        line = serve.command("127.0.0.1", 8000, 15)
        assert line[line.index("--fd") + 1] == "15"


def test_a_server_that_is_not_known_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARLEY_SERVER", "apache")
    with pytest.raises(EnvironmentProblem, match="apache"):
        serve.chosen()
    assert serve.main([]) == 2
    assert "PARLEY_SERVER" in capsys.readouterr().err


def test_uvicorn_believes_no_header_and_logs_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    seen: list[uvicorn.Config] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets=None: seen.append(self.config))
    serve.run_uvicorn("127.0.0.1", 8000)
    (config,) = seen
    assert (config.proxy_headers, config.access_log, config.server_header) == (False, False, False)
    assert (config.ws_max_size, config.ws_per_message_deflate, config.lifespan) == (1 << 20, False, "off")
