from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from channels_io.pages.modules import STATIC, CannotLink, last_change, link, linked


def write(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "entry.js"


def test_joins_what_is_imported_before_what_imports_it(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        entry='import { b } from "./b.js";\nimport {\n  a,\n} from "./a.js";\nconst made = a + b;\n',
        b='import { a } from "./a.js";\nexport const b = a + 1;\n',
        a="export const a = 1;\n",
    )
    assert "".join(link(entry).split()) == "consta=1;constb=a+1;constmade=a+b;"


def test_a_style_becomes_a_sheet(tmp_path: Path) -> None:
    (tmp_path / "look.css").write_text('a::before { content: "</script>\\201c"; }')
    entry = write(tmp_path, entry='import sheet from "./look.css" with { type: "css" };\nuse(sheet);\n')
    assert link(entry) == (
        "const sheet = new CSSStyleSheet();\n"
        'sheet.replaceSync("a::before { content: \\"</script>\\\\201c\\"; }");\n'
        "use(sheet);\n"
    )


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        (
            {"entry": 'import { a } from "./a.js";\nconst x = 1;\n', "a": "export const x = 2;\n"},
            "x is a top-level name",
        ),
        ({"entry": 'import { a } from "./a.js";\n', "a": 'import { e } from "./entry.js";\n'}, "imports itself"),
        ({"entry": 'import thing from "./a.js";\n', "a": ""}, "cannot link"),
        ({"entry": "export default 1;\n"}, "cannot link"),
    ],
)
def test_what_it_cannot_do_is_an_error(tmp_path: Path, sources: dict[str, str], why: str) -> None:
    with pytest.raises(CannotLink, match=why):
        link(write(tmp_path, **sources))


@pytest.mark.parametrize(
    "entry",
    ["widget/element.js", "talk/worklets/microphone.js", "talk/worklets/player.js", "talk/worklets/listener.js"],
)
def test_ours_are_linked_whole(entry: str) -> None:
    source = link(STATIC / entry)
    assert 'from "' not in source
    assert linked(STATIC / entry, last_change()) == source.encode()


def test_the_widget_with_its_audio_stays_small() -> None:
    parts = ("widget/element.js", "talk/worklets/microphone.js", "talk/worklets/player.js", "talk/worklets/listener.js")
    assert sum(len(gzip.compress(link(STATIC / part).encode(), 9)) for part in parts) < 60_000
