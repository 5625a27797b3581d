"""Several ES modules as one: for pages of other sites, which should load one file, and for audio threads,
where not every browser follows imports.

This is a linker and no bundler: it joins files in the order of their imports and takes the import and
export words away. It can do that because the house style allows only named imports of sibling files and
top-level names that are unique over all of them; anything else is an error, found by the tests.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).resolve().parent.parent / "static" / "channels_io"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+\.js)";\n', re.MULTILINE)
_STYLE_IMPORT = re.compile(r'^import (\w+) from "(\.[^"]+\.css)" with \{ type: "css" \};\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) )", re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(import|export)\b.*", re.MULTILINE)


class CannotLink(Exception):
    """The modules use something that the linker does not know."""


def link(entry: Path) -> str:
    """The source of one module without imports. Raises CannotLink."""
    parts: dict[Path, str] = {}
    _collect(entry.resolve(), parts, ())
    owners: dict[str, Path] = {}
    for path, source in parts.items():
        for name in _TOP_LEVEL.findall(source):
            if name in owners:
                raise CannotLink(f"{name} is a top-level name of both {owners[name].name} and {path.name}.")
            owners[name] = path
    return "\n".join(parts.values())


@lru_cache(maxsize=16)
def linked(entry: Path, changed: int) -> bytes:
    """`link`, remembered until `changed` (see `last_change`) is another."""
    return link(entry).encode()


def last_change() -> int:
    """When any of our modules or styles was last written, in nanoseconds: so that a clone can be edited live."""
    files = (path for folder in ("talk", "widget") for path in (STATIC / folder).rglob("*") if path.is_file())
    return max(path.stat().st_mtime_ns for path in files)


def _collect(path: Path, parts: dict[Path, str], above: tuple[Path, ...]) -> None:
    """Post-order: what a file imports stands before it."""
    if path in above:
        raise CannotLink(f"{path.name} imports itself by way of {above[-1].name}.")
    if path in parts:
        return
    source = path.read_text(encoding="utf-8")
    for _names, target in _IMPORT.findall(source):
        _collect((path.parent / target).resolve(), parts, (*above, path))
    source = _STYLE_IMPORT.sub(lambda found: _sheet(found[1], path.parent / found[2]), _IMPORT.sub("", source))
    source = _EXPORT.sub("", source)
    if left := _LEFT_OVER.search(source):
        raise CannotLink(f"{path.name}: cannot link “{left[0]}”.")
    parts[path] = source


def _sheet(name: str, style: Path) -> str:
    """A style sheet made by script: a host page's style-src has no say over it."""
    text = json.dumps(style.read_text(encoding="utf-8"))
    return f"const {name} = new CSSStyleSheet();\n{name}.replaceSync({text});\n"
