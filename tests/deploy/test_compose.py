"""The compose file: what one service says of another holds, and no secret stands in it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from parley.embedded import ROOT

FOLDER = ROOT / "deploy"
OURS = ("migrate", "web", "celery", "beat", "backup", "inference")
CODE = "\n".join(path.read_text() for folder in ("platform", "inference") for path in (ROOT / folder).rglob("*.py"))


def compose(name: str = "compose.yml") -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_read_by_the_program(name: str) -> None:
    for variable in compose()["services"][name]["environment"]:
        if variable != "HOME":
            assert f'"{variable.removesuffix("_FILE")}"' in CODE, variable


@pytest.mark.parametrize("name", OURS)
def test_secrets_are_files_that_the_service_is_given(name: str) -> None:
    service = compose()["services"][name]
    given = set(service["secrets"])
    assert {
        value.removeprefix("/run/secrets/") for key, value in service["environment"].items() if key.endswith("_FILE")
    } == given
    assert given <= compose()["secrets"].keys()


def test_no_secret_stands_in_an_environment() -> None:
    for name, service in compose()["services"].items():
        for variable in service.get("environment", {}):
            if re.search(r"SECRET|TOKEN|PASSWORD|SEALING|DATABASE_URL", variable):
                assert variable.endswith("_FILE"), f"{name}: {variable}"


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_few_rights(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "ports" not in service


def test_only_the_proxy_and_this_hosts_grafana_have_doors() -> None:
    doors = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert doors == {"proxy": ["80:80", "443:443"], "grafana": ["127.0.0.1:3000:3000"]}


def test_databases_cannot_reach_out() -> None:
    services, networks = compose()["services"], compose()["networks"]
    assert services["postgres"]["networks"] == services["valkey"]["networks"] == ["inside"]
    assert networks["inside"] == {"internal": True}


@pytest.mark.parametrize("name", ["web", "inference"])
def test_nobody_is_killed_while_calls_may_go_on(name: str) -> None:
    service = compose()["services"][name]
    (drain,) = re.findall(r":-(\d+)\}", service["environment"]["PARLEY_DRAIN_SECONDS"])
    assert seconds(service["stop_grace_period"]) >= int(drain) + (45 if name == "inference" else 30)


def test_the_web_waits_for_its_tables() -> None:
    for name in ("web", "celery", "beat", "backup"):
        needs = compose()["services"][name]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}


def test_workers_find_the_web_and_the_web_believes_them() -> None:
    worker = compose()["services"]["inference"]["environment"]
    web = compose()["services"]["web"]["environment"]
    host = worker["PARLEY_WEB_URL"].removeprefix("http://").split(":")[0]
    assert host in compose()["services"]
    assert host in web["PARLEY_ALLOWED_HOSTS"].split(",")
    assert web["PARLEY_WORKERS"] == "announced"
    assert worker["PARLEY_WORKER_URL"].removeprefix("http://").split(":")[0] in compose()["services"]


def test_files_that_are_mounted_are_there() -> None:
    for service in compose()["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).is_file(), source
            else:
                assert source in compose()["volumes"], source


def test_images_are_built_from_files_that_are_there() -> None:
    for name in ("compose.yml", "compose.gpu.yml"):
        for service in compose(name)["services"].values():
            if "build" in service:
                assert (ROOT / service["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("file", sorted(FOLDER.glob("Dockerfile.*")), ids=lambda path: path.name)
def test_what_an_image_copies_is_there_and_it_runs_as_nobody_special(file: Path) -> None:
    text = file.read_text()
    for source in re.findall(r"^COPY (?!--)(\S+) ", text, flags=re.M):
        assert (ROOT / source).exists(), source
    assert re.findall(r"^USER (\S+)$", text, flags=re.M) == ["parley"]


def test_the_card_is_added_to_the_service_that_uses_it() -> None:
    services = compose("compose.gpu.yml")["services"]
    assert services.keys() == {"inference"}
    (device,) = services["inference"]["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}


def test_the_proxy_keeps_the_inner_doors_shut() -> None:
    text = (FOLDER / "Caddyfile").read_text()
    assert re.search(r"@inside path /metrics /workers/announce/\*", text)
    assert "reverse_proxy web:8000" in text


def test_secrets_are_made_once_and_are_long_enough(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    script = ["bash", str(FOLDER / "make_secrets.sh"), str(folder)]
    subprocess.run(script, check=True, capture_output=True)
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert made.keys() == compose()["secrets"].keys()
    assert folder.stat().st_mode & 0o777 == 0o700
    words = [word for name, word in made.items() if name != "database_url"]
    assert all(re.fullmatch(r"[A-Za-z0-9]{48}", word) for word in words)
    assert len(set(words)) == len(words)
    assert made["database_url"] == f"postgresql://parley:{made['database_password']}@postgres/parley"
    subprocess.run(script, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == made
