"""Settings as a deployment has them, each read by a process of its own: TLS before it, secrets in files."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inference.config import WorkerConfig
from inference.errors import ParleyError
from parley.embedded import ROOT

SETTINGS = ROOT / "platform" / "parley" / "settings.py"
SECRET = re.compile(r"SECRET|TOKEN|PASSWORD|SEALING_KEYS|^DATABASE_URL$|^REDIS_URL$")


def reads() -> list[tuple[str, str]]:
    """(function, variable) of every variable that the settings read."""
    calls = [node for node in ast.walk(ast.parse(SETTINGS.read_text())) if isinstance(node, ast.Call)]
    return [
        (call.func.id, call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id.startswith("env_")
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ]


SECRETS = sorted({name for function, name in reads() if function == "env_secret"})


def test_every_secret_may_be_a_file() -> None:
    assert {name for _, name in reads() if SECRET.search(name)} == set(SECRETS)
    assert len(SECRETS) >= 7


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the settings are, with every secret in a file and nothing of this machine in the environment."""
    folder = tmp_path_factory.mktemp("secrets")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "parley.settings",
        "PARLEY_VAR": str(folder / "var"),
        "PARLEY_PUBLIC_URL": "https://talk.example.com",
        "PARLEY_PROXIES": "1",
        "PARLEY_ALLOWED_HOSTS": "web",
        "EMAIL_HOST": "mail.example.com",
    }
    for name in SECRETS:
        word = f"file-of-{name}-" + "x" * 48
        word = {"DATABASE_URL": "postgresql://u:p@db/parley", "REDIS_URL": "redis://valkey:6379/0"}.get(name, word)
        (folder / name).write_text(word + "\n")
        environment[f"{name}_FILE"] = str(folder / name)
    program = """
import json
from django.conf import settings
from parley import checks
names = [name for name in dir(settings) if name.isupper() and "LANGUAGE" not in name]  # those are translated lazily
found = {name: getattr(settings, name) for name in names}
ours = [getattr(checks, name) for name in dir(checks) if name.startswith("check_")]
found["checks"] = [message.id for check in ours for message in check()]
found["checked"] = len(ours)
print(json.dumps(found, default=str))
"""
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found | {"files": sorted(path.name for path in (folder / "var").rglob("*"))}


def test_the_files_are_taken(production: dict[str, Any]) -> None:
    assert production["SECRET_KEY"].startswith("file-of-PARLEY_SECRET_KEY-")
    assert production["PARLEY_WORKER_TOKEN"].startswith("file-of-PARLEY_WORKER_TOKEN-")
    assert production["PARLEY_SEALING_KEYS"][0].startswith("file-of-PARLEY_SEALING_KEYS-")
    assert production["PARLEY_METRICS_TOKEN"].startswith("file-of-PARLEY_METRICS_TOKEN-")
    assert production["EMAIL_HOST_PASSWORD"].startswith("file-of-EMAIL_HOST_PASSWORD-")
    assert production["DATABASES"]["default"]["PASSWORD"] == "p"
    assert production["CELERY_BROKER_URL"] == "redis://valkey:6379/0"
    assert production["files"] == [], "no secret is made where all are given"


def test_behind_tls_cookies_and_hsts_hold(production: dict[str, Any]) -> None:
    assert production["SESSION_COOKIE_SECURE"] is production["CSRF_COOKIE_SECURE"] is True
    assert production["SECURE_HSTS_SECONDS"] >= 31536000
    assert production["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert production["CSRF_TRUSTED_ORIGINS"] == ["https://talk.example.com"]
    assert production["DEBUG"] is False
    assert set(production["ALLOWED_HOSTS"]) == {"127.0.0.1", "localhost", "[::1]", "talk.example.com", "web"}


def test_the_policy_of_contents_names_the_secure_socket_and_nothing_inline(production: dict[str, Any]) -> None:
    directives = production["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert directives["connect-src"] == ["'self'", "wss://talk.example.com"]
    assert "'unsafe-inline'" not in directives["script-src"]
    assert directives["frame-ancestors"] == ["'none'"]


def test_the_simulators_are_off_and_nothing_is_complained_of(production: dict[str, Any]) -> None:
    assert production["PARLEY_SIMULATORS"] is False
    assert production["checked"] >= 5
    assert production["checks"] == []


def test_without_a_proxy_no_header_is_believed() -> None:
    from django.conf import settings

    assert settings.PARLEY_PROXIES == 0
    assert settings.SECURE_PROXY_SSL_HEADER is None


def test_a_worker_takes_its_token_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("of the file\n")
    assert WorkerConfig.from_environment({"PARLEY_WORKER_TOKEN_FILE": str(file)}).token == "of the file"
    with pytest.raises(ParleyError, match="not both"):
        WorkerConfig.from_environment({"PARLEY_WORKER_TOKEN_FILE": str(file), "PARLEY_WORKER_TOKEN": "x"})
    with pytest.raises(ParleyError, match="PARLEY_WORKER_TOKEN_FILE names"):
        WorkerConfig.from_environment({"PARLEY_WORKER_TOKEN_FILE": str(tmp_path / "none")})
