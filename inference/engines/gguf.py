"""Which of the two libraries reads a GGUF file here: the faster one where it runs, llama.cpp anywhere else."""

from __future__ import annotations

import logging
from typing import Literal

from inference.engines.base import ChatModel
from inference.errors import UnknownEngine

log = logging.getLogger(__name__)

Library = Literal["", "ik_llama", "llama_cpp"]

_LLAMA_CPP_ONLY = {"slots", "batch", "gpu_layers", "state_folder"}


def language_model(*, library: Library = "", **settings: str | int | float) -> ChatModel:
    """An engine that is not loaded yet. `library` forces the choice; so does a setting that only llama.cpp has.

    Raises UnknownEngine for another library; TypeError for a setting the engine does not take.
    """
    chosen = library or _best(settings)
    if chosen == "ik_llama":
        from inference.engines.ik_llama import IkLlama

        return IkLlama(**settings)  # type: ignore[arg-type]  # checked by the constructor itself
    if chosen == "llama_cpp":
        from inference.engines.llama_cpp import LlamaCpp

        return LlamaCpp(**settings)  # type: ignore[arg-type]
    raise UnknownEngine(f"There is no library {library!r} for GGUF files. Known: ik_llama, llama_cpp.")


def _best(settings: dict[str, str | int | float]) -> Library:
    if settings.keys() & _LLAMA_CPP_ONLY:
        return "llama_cpp"
    from inference.engines.ik_library import runs_here

    if runs_here():
        return "ik_llama"
    log.info("ik_llama.cpp does not run on this machine: llama.cpp reads the language model, more slowly.")
    return "llama_cpp"
