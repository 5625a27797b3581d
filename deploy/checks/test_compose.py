"""The compose files against the Compose specification. No container engine is needed, and none is tried."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

FOLDER = Path(__file__).resolve().parents[1]


def document(name: str) -> Any:
    """With its variables at their defaults, as `docker compose config` would have them."""
    text = (FOLDER / name).read_text()
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return yaml.safe_load(re.sub(r"\$\{\w+:\?[^}]*\}", "talk.example.com", text))


@pytest.mark.parametrize("name", ["compose.yml", "compose.gpu.yml"])
def test_the_file_is_what_compose_expects(name: str) -> None:
    found = document(name)
    assert sorted(PyCompose.from_json(json.dumps(found)).service_names()) == sorted(found["services"])


def test_a_misspelt_key_would_be_found() -> None:
    found = document("compose.yml")
    found["services"]["web"]["restrat"] = "always"
    with pytest.raises(ValueError, match="restrat"):
        PyCompose.from_json(json.dumps(found))
