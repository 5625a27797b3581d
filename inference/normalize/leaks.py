"""What a model lets slip and nobody may hear: thinking, tool calls, role tokens, tags, control bytes.

`LeakFilter` works on a stream. Whatever way the text is cut into pieces, the same comes out: it
holds back just what could still become a tag, and a muted block costs no memory.
"""

from __future__ import annotations

import re

from inference.normalize.vocabulary import word_set

_UNSPEAKABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200d\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff0-\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff]"
)
"""Control and format characters, lone surrogates, private use. The zero-width non-joiner stays: Persian needs it."""
_OTHER_BREAKS = re.compile("[\r\x0b\x0c]")

_SPECIAL = re.compile(r"[<\[{&]")
_TAG = re.compile(r"<(?:[|｜][^<>\n]{0,48}|/?[A-Za-z][A-Za-z0-9_=-]{0,40}(?:[ /][^<>\n]{0,120})?)>")
_TAG_BEGUN = re.compile(r"<(?:[|｜][^<>\n]{0,48}|/?(?:[A-Za-z][A-Za-z0-9_=-]{0,40}(?:[ /][^<>\n]{0,120})?)?)?")
_JSON = re.compile(r'\{\s{0,20}"')
_JSON_BEGUN = re.compile(r"\{\s{0,20}")
_BRACKETED = ("[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[AVAILABLE_TOOLS]", "[INST]", "[/INST]")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#39;": "'", "&nbsp;": " "}

_BLOCKS = word_set(
    "think thinking thought thoughts reasoning reflection scratchpad tool tools tool_call tool_calls tool_response "
    "tool_result function function_call function_calls invoke script style"
)
_LINE_TAGS = word_set("br p li div ul ol tr h1 h2 h3 h4 h5 h6 hr")
_ROLE_STARTS = frozenset({"im_start", "start", "start_header_id"})
_MUTED_ROLES = word_set("user human system tool ipython developer function observation")
_VOICED_ROLES = frozenset({"assistant", "model"})
_NEXT_ROLE = r"<[|｜](?:im_start|start|start_header_id|assistant)[|｜]>|<start_of_turn>"
_ROLE_CHARS = 40
_LONGEST_CLOSING = 48


class LeakFilter:
    """Text as a model streams it → the text meant for people. Call `flush` at the end."""

    def __init__(self) -> None:
        self._buffer = ""
        self._closing: re.Pattern[str] | None = None
        """Muted until this is found."""
        self._swallow = False
        """Whether what closes the muted block is muted too."""
        self._in_role = False
        self._depth = 0
        """Nesting of the JSON that is being muted."""
        self._in_string = False
        self._escaped = False

    def feed(self, text: str) -> str:
        self._buffer += _OTHER_BREAKS.sub(" ", _UNSPEAKABLE.sub("", text))
        return self._drain(final=False)

    def flush(self) -> str:
        """What was held back. The filter can be used again."""
        text = self._drain(final=True)
        self.__init__()  # type: ignore[misc]
        return text

    def _drain(self, *, final: bool) -> str:
        out: list[str] = []
        waiting = False
        while self._buffer and not waiting:
            if self._closing is not None:
                waiting = self._skip_block(self._closing)
            elif self._depth:
                self._skip_json()
            elif self._in_role:
                waiting = self._read_role(final=final)
            else:
                waiting = self._read_text(out, final=final)
        return "".join(out)

    def _read_text(self, out: list[str], *, final: bool) -> bool:
        """Pass text on up to the next special; True when more input is needed."""
        position = 0
        while True:
            found = _SPECIAL.search(self._buffer, position)
            if found is None:
                out.append(self._buffer[position:])
                self._buffer = ""
                return False
            start = found.start()
            out.append(self._buffer[position:start])
            consumed, text = self._special(start)
            if consumed:
                out.append(text)
                self._buffer = self._buffer[start + consumed :]
                return False
            if not final and self._could_become_special(start):
                self._buffer = self._buffer[start:]
                return True
            out.append(self._buffer[start])
            position = start + 1

    def _special(self, start: int) -> tuple[int, str]:
        """Length of the leak that begins here (0: none) and what stands for it."""
        buffer = self._buffer
        match buffer[start]:
            case "<":
                if tag := _TAG.match(buffer, start):
                    return len(tag[0]), self._open_tag(tag[0])
            case "[":
                for mark in _BRACKETED:
                    if buffer.startswith(mark, start):
                        if mark == "[TOOL_CALLS]":
                            self._mute_until(r"</s>|\[/TOOL_CALLS\]", swallow=True)
                        return len(mark), "\n"
            case "{":
                if blob := _JSON.match(buffer, start):
                    self._depth, self._in_string, self._escaped = 1, True, False
                    return len(blob[0]), " "
            case "&":
                for entity, character in _ENTITIES.items():
                    if buffer.startswith(entity, start):
                        return len(entity), character
        return 0, ""

    def _could_become_special(self, start: int) -> bool:
        rest = self._buffer[start : start + 200]
        match rest[0]:
            case "<":
                return _TAG_BEGUN.fullmatch(rest) is not None
            case "{":
                return _JSON_BEGUN.fullmatch(rest) is not None
            case "[":
                return any(token.startswith(rest) for token in _BRACKETED)
            case _:
                return any(entity.startswith(rest) for entity in _ENTITIES)

    def _open_tag(self, tag: str) -> str:
        """Enter what the tag begins; gives the text that stands for it."""
        inner = tag[1:-1]
        if inner[0] in "|｜":
            return self._open_token(inner.strip("|｜").replace("▁", "_").strip().lower())
        closes = inner.startswith("/")
        name = re.split(r"[ /=]", inner.lstrip("/"), maxsplit=1)[0].lower()
        if name == "start_of_turn":
            self._in_role = True
        elif name in _BLOCKS and not closes and not inner.endswith("/"):
            self._mute_until(rf"</{name}>", swallow=True)
        return "\n" if name in _LINE_TAGS or name in _BLOCKS or name.endswith("_of_turn") or name == "s" else ""

    def _open_token(self, name: str) -> str:
        if name in _ROLE_STARTS or name == "channel":
            self._in_role = True
        elif name in _MUTED_ROLES:
            self._mute_until(_NEXT_ROLE, swallow=False)
        elif name in ("python_tag", "tool_call"):
            self._mute_until(r"<[|｜](?:eom_id|eot_id|end|im_end|/tool_call)[|｜]>", swallow=True)
        elif name.startswith("tool") and name.endswith("begin"):
            self._mute_until(rf"<[|｜]{name.removesuffix('begin').replace('_', '[_▁]')}end[|｜]>", swallow=True)
        return "\n"

    def _mute_until(self, closing: str, *, swallow: bool) -> None:
        self._closing = re.compile(closing, re.IGNORECASE)
        self._swallow = swallow

    def _skip_block(self, closing: re.Pattern[str]) -> bool:
        found = closing.search(self._buffer)
        if found is None:
            self._buffer = self._buffer[-_LONGEST_CLOSING:]
            return True
        self._buffer = self._buffer[found.end() if self._swallow else found.start() :]
        self._closing = None
        return False

    def _skip_json(self) -> None:
        for index, character in enumerate(self._buffer):
            if self._escaped:
                self._escaped = False
            elif self._in_string:
                self._escaped = character == "\\"
                self._in_string = character != '"'
            elif character == '"':
                self._in_string = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if self._depth == 0:
                    self._buffer = self._buffer[index + 1 :]
                    return
        self._buffer = ""

    def _read_role(self, *, final: bool) -> bool:
        """After a role or channel token: the name up to the line's end or the next token."""
        end = re.search(r"[\n<]", self._buffer[:_ROLE_CHARS])
        if end is None and len(self._buffer) < _ROLE_CHARS and not final:
            return True
        name = self._buffer[: end.start() if end else _ROLE_CHARS]
        words = name.lower().split()
        role = words[0] if words else ""
        self._in_role = False
        if role in _MUTED_ROLES or role in ("analysis", "commentary"):
            self._buffer = self._buffer[end.start() if end else len(name) :]
            ends = r"<[|｜](?:end|return|channel)[|｜]>" if role in ("analysis", "commentary") else _NEXT_ROLE
            self._mute_until(ends, swallow=False)
        elif role in _VOICED_ROLES or role == "final":
            self._buffer = self._buffer[end.start() if end else len(name) :]
        return False
