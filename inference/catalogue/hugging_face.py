"""A GGUF file as a folder in Hugging Face's format, which vLLM reads: `python -m inference.catalogue.hugging_face`.

Its weights are dequantised to bfloat16, so the folder is some three times as large as the file and says the same
as it. Runs in an environment that has `transformers` (vLLM's has it).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from inference.catalogue.store import ensure, weights_root
from inference.errors import ParleyError, WeightsError

SUFFIX = "-hf"
_DONE = "converted.json"
"""Written last: what the folder was made from. A folder without it is half made."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m inference.catalogue.hugging_face", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("model", help="a model of the catalogue in one GGUF file, or the path of such a file")
    parser.add_argument("folder", nargs="?", help="where to; default: beside the weights, with '-hf' behind its name")
    options = parser.parse_args(arguments)
    try:
        print(converted(options.model, Path(options.folder) if options.folder else None))  # noqa: T201 - its answer
    except ParleyError as error:
        sys.stderr.write(f"{error.message} ({error.code})\n")
        return 1
    return 0


def converted(model: str, folder: Path | None = None) -> Path:
    """The folder with the model in it, made now where it is not there yet. Raises WeightsError."""
    source = ensure(model)
    target = folder or weights_root() / f"{source.stem if source.parent.name != model else model}{SUFFIX}"
    made_from = {"file": source.name, "size": source.stat().st_size}
    if _stamp(target) != made_from:
        fresh = target.with_name(f".{target.name}.new.{os.getpid()}")
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            _convert(source, fresh)
            (fresh / _DONE).write_text(json.dumps(made_from), encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            fresh.replace(target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return target


def _stamp(folder: Path) -> Any:
    try:
        return json.loads((folder / _DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _convert(source: Path, folder: Path) -> None:
    try:
        import torch
        from safetensors.torch import save_file
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise WeightsError(
            f"Converting needs transformers, torch, gguf and accelerate ({error}): run it with the Python of vLLM's "
            "environment.",
            code="weights_fetch",
        ) from error
    place = {"gguf_file": source.name}
    try:
        tokenizer = AutoTokenizer.from_pretrained(source.parent, **place)
        model = AutoModelForCausalLM.from_pretrained(source.parent, dtype=torch.bfloat16, **place)
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        raise WeightsError(f"{source.name} cannot be converted: {error}", code="weights_unknown") from error
    config = model.config
    if hasattr(config, "quantization_config"):  # it is not quantised any more
        del config.quantization_config
    tied = bool(getattr(config, "tie_word_embeddings", False))
    tensors = {
        name: tensor.detach().to(torch.bfloat16).contiguous()
        for name, tensor in model.state_dict().items()
        if not (tied and name == "lm_head.weight")
    }
    folder.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    sys.exit(main())
