"""What a figure depends on: the machine, the versions, the commit. Read once, no guesses: "" where it is not told."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec import Struct

ENGINE_PACKAGES = (
    "faster-whisper", "ctranslate2", "ik-llama-cpp-python", "xllamacpp", "hibari-tts", "onnxruntime", "numpy", "soxr",
)  # fmt: skip


class Machine(Struct, frozen=True):
    processor: str = ""
    cores: int = 0
    memory_gb: float = 0.0
    kernel: str = ""
    python: str = ""
    packages: dict[str, str] = {}
    commit: str = ""


def machine(root: Path, proc: Path = Path("/proc")) -> Machine:
    """This machine and the source tree at `root`."""
    return Machine(
        processor=processor_of(_text(proc / "cpuinfo")) or platform.machine(),
        cores=os.cpu_count() or 0,
        memory_gb=memory_of(_text(proc / "meminfo")),
        kernel=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
        packages=versions(ENGINE_PACKAGES),
        commit=commit_of(root),
    )


def processor_of(cpuinfo: str) -> str:
    """The model, with its family where the name alone says little."""
    facts: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    name = facts.get("model name", "")
    family, model = facts.get("cpu family", ""), facts.get("model", "")
    return f"{name} (family {family}, model {model})" if name and family else name


def memory_of(meminfo: str) -> float:
    """GB in all."""
    for line in meminfo.splitlines():
        if line.startswith("MemTotal:"):
            return round(int(line.split()[1]) / 1024**2, 1)
    return 0.0


def versions(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit_of(root: Path) -> str:
    """Short id of the commit, with "+" when files that are tracked were changed since; "" outside a repository."""
    head = _git(root, "rev-parse", "--short", "HEAD")
    changed = head and _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
    return f"{head}+" if changed else head


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
