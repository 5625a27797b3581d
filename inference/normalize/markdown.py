"""Markdown and emoji → plain text, on a stream. Nobody wants to hear an asterisk.

For ears a link is its words; for eyes (`readable`) its address stays, and so do lists, code and emoji.

Whatever way the text is cut into pieces, the same comes out. Held back is just what could still
become markup: a link up to its closing bracket, a marker at the head of a line, a run of stars.
"""

from __future__ import annotations

import re

EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\u25a0-\u25ff\ufe0e\ufe0f\u20e3]")
_SPECIAL = re.compile(r"[*_`~\[\]!\\|<【\n]")
_LINE_HEAD = re.compile(
    r"[ \t]{0,8}(?:#{1,6}[ \t]{1,8}|>[ \t]{0,8}|[-*+•◦▪‣–][ \t]{1,8}|(\d{1,2})[.)][ \t]{1,8})(?=[^\s])"
)
_RULE = re.compile(r"[ \t]{0,8}(?:(?:[-*_=][ \t]{0,8}){3,80}|\|[-:| \t]{0,200})(?=\n)")
_LINE_HEAD_BEGUN = re.compile(
    r"[ \t]{0,8}(?:#{0,6}[ \t]{0,8}|>[ \t]{0,8}|[+•◦▪‣–][ \t]{0,8}|\d{1,2}(?:[.)][ \t]{0,8})?"
    r"|(?:[-*_=][ \t]{0,8}){0,80}|\|[-:| \t]{0,200})"
)
_TARGET = r"\((?:[^()\n]|\([^()\n]{0,100}\)){0,400}"
"""The address of a link up to its last bracket; it may hold brackets of its own, one deep."""
_LINK = re.compile(rf"\[([^\[\]\n]{{0,200}})\](?:({_TARGET})\)|\[[^\[\]\n]{{0,60}}\])?")
_LINK_BEGUN = re.compile(rf"\[[^\[\]\n]{{0,200}}(?:\](?:{_TARGET}(?:\([^()\n]{{0,100}})?|\[[^\[\]\n]{{0,60}})?)?")
_LINK_TAIL = re.compile(rf"\]({_TARGET})\)")
_LINK_TAIL_BEGUN = re.compile(rf"\](?:{_TARGET}(?:\([^()\n]{{0,100}})?)?")
_CITATION = re.compile(r"【[^【】\n]{0,60}】")
_CITATION_BEGUN = re.compile(r"【[^【】\n]{0,60}")
_AUTOLINK = re.compile(r"<([A-Za-z][^<>\s]{1,300})>")
_AUTOLINK_BEGUN = re.compile(r"<(?:[A-Za-z][^<>\s]{0,300})?")
_FENCE = re.compile(r"`{3,20}([^\n`]{0,60})")
_ADDRESS = re.compile(r"://|\bwww\.")
_GOES_ON = re.compile(r"[\w/(%?=&#+-]")
"""What may follow a mark inside an address; markup around one is followed by something else."""
_ADDRESS_CHARS = 400
_REFERENCE = re.compile(r"\^?\d{1,3}|\^[\w-]{1,30}|[xX ]?")
_BULLETS = frozenset("-*+•◦▪‣–")
_LONGEST_RUN = 32
_READABLE_FENCES = frozenset({"text", "plaintext", "txt", "plain", "markdown", "md"})


class MarkdownFilter:
    """Streamed Markdown → the words and line breaks in it. Call `flush` at the end.

    `readable`: for text that is read. Addresses of links, list markers, code and emoji stay.
    """

    def __init__(self, *, readable: bool = False) -> None:
        self._readable = readable
        self._buffer = ""
        self._run_so_far = ""
        """What was taken since the last space, as it came: is this an address?"""
        self._before = "\n"
        """The last character taken from the buffer."""
        self._in_code = False
        self._in_readable_fence = False
        self._in_table_row = False
        self._list_number = 0

    def feed(self, text: str) -> str:
        self._buffer += text
        return self._without_emoji(self._drain(final=False))

    def flush(self) -> str:
        """What was held back. The filter can be used again."""
        text = self._without_emoji(self._drain(final=True))
        self.__init__(readable=self._readable)  # type: ignore[misc]
        return text

    def _without_emoji(self, text: str) -> str:
        return text if self._readable else EMOJI.sub("", text)

    def _drain(self, *, final: bool) -> str:
        out: list[str] = []
        position = 0
        while position < len(self._buffer):
            consumed, text = self._step(position, final=final)
            if consumed == 0:
                break
            self._before = self._buffer[position + consumed - 1]
            self._run_so_far = _last_run(self._run_so_far + self._buffer[position : position + consumed])
            position += consumed
            out.append(text)
        self._buffer = self._buffer[position:]
        return "".join(out)

    def _step(self, at: int, *, final: bool) -> tuple[int, str]:
        """Characters to take from `at` and what they become; 0 when more input is needed."""
        buffer = self._buffer
        if self._in_code:
            return self._skip_code(at, final=final)
        if self._before == "\n":
            consumed = self._line_head(at, final=final)
            if consumed is not None:
                return consumed, self._head_shown(buffer[at : at + consumed])
        found = _SPECIAL.search(buffer, at)
        if found is None:
            return len(buffer) - at, buffer[at:]
        if found.start() > at:
            return found.start() - at, buffer[at : found.start()]
        match buffer[at]:
            case "\n":
                self._in_table_row = False
                return 1, "\n"
            case "*" | "_" | "~":
                return self._run(at, final=final)
            case "`":
                return self._backtick(at, final=final)
            case "[":
                return self._bracket(at, final=final)
            case "]":
                return self._link_tail(at, final=final)
            case "【":
                return self._replace(at, _CITATION, _CITATION_BEGUN, final=final)
            case "<":
                return self._autolink(at, final=final)
            case "|":
                return self._pipe(at, final=final)
            case "!":
                return self._image(at, final=final)
            case _:
                return self._backslash(at, final=final)

    def _line_head(self, at: int, *, final: bool) -> int | None:
        """Markers at the head of a line: characters to drop, 0 to wait, None when there are none."""
        buffer = self._buffer
        if rule := _RULE.match(buffer, at):
            return len(rule[0])
        if not final and _LINE_HEAD_BEGUN.fullmatch(buffer, at):
            return 0
        if head := _LINE_HEAD.match(buffer, at):
            if head[1] is None:
                return len(head[0])
            if int(head[1]) in (1, self._list_number + 1):
                self._list_number = int(head[1])
                return len(head[0])
            return None
        if buffer[at] == "|":
            self._in_table_row = True
            return 1
        return None

    def _head_shown(self, head: str) -> str:
        """For eyes a list is a list: its dash or number stays, and how far it is indented."""
        if not self._readable:
            return ""
        mark = head.strip()
        if mark[:-1].isdigit():
            return head
        return head.replace(mark, "-") if mark in _BULLETS else ""

    def _run(self, at: int, *, final: bool) -> tuple[int, str]:
        """Emphasis goes, arithmetic and names stay: `3 * 4`, `5*3`, `snake_case`, `~5`."""
        mark = self._buffer[at]
        end = at
        limit = at + _LONGEST_RUN
        while end < min(len(self._buffer), limit) and self._buffer[end] == mark:
            end += 1
        if end < limit and end == len(self._buffer) and not final:
            return 0, ""
        after = self._buffer[end : end + 1] or "\n"
        before = self._before
        length = end - at
        single = length == 1
        spaced = before.isspace() and after.isspace()
        kept = single and (
            (mark == "*" and (spaced or (before.isdigit() and after.isdigit())))
            or (mark == "_" and before.isalnum() and after.isalnum())
            or mark == "~"
        )
        if self._readable and _ADDRESS.search(self._run_so_far) and _GOES_ON.match(after):
            return length, self._buffer[at:end]
        return length, mark if kept else ""

    def _backtick(self, at: int, *, final: bool) -> tuple[int, str]:
        fence = _FENCE.match(self._buffer, at)
        if fence is None:
            rest = self._buffer[at : at + 3]
            if not final and rest == "`" * len(rest) and len(rest) < 3:
                return 0, ""
            return 1, ""
        if fence.end() == len(self._buffer) and not final and len(fence[1]) < 60:
            return 0, ""
        ticks = len(fence[0]) - len(fence[1])
        if self._in_readable_fence:
            self._in_readable_fence = False
            return ticks, ""
        names_language = self._buffer[fence.end() : fence.end() + 1] == "\n"
        if self._readable:
            self._in_code = True
            return (len(fence[0]) + 1 if names_language else ticks), ""
        if names_language and fence[1].strip().lower() in _READABLE_FENCES:
            self._in_readable_fence = True
            return len(fence[0]), ""
        self._in_code = True
        return ticks, "\n"

    def _skip_code(self, at: int, *, final: bool) -> tuple[int, str]:
        """Nobody wants to hear code; who reads gets it as it is."""
        end = self._buffer.find("```", at)
        if end < 0:
            kept = 0 if final else min(2, len(self._buffer) - at)
            return self._code(at, len(self._buffer) - kept)
        if end + 3 == len(self._buffer) and not final:
            return self._code(at, end)
        code = self._code(at, end)[1]
        while self._buffer[end : end + 1] == "`":
            end += 1
        self._in_code = False
        return end - at, code

    def _code(self, at: int, end: int) -> tuple[int, str]:
        return end - at, self._buffer[at:end] if self._readable else ""

    def _bracket(self, at: int, *, final: bool) -> tuple[int, str]:
        """`[text](url)` → text; `[1]`, `[^note]`, `[x]` → nothing; other brackets stay."""
        begun = _LINK_BEGUN.fullmatch(self._buffer, at)
        if begun and not final:
            return 0, ""
        link = _LINK.match(self._buffer, at)
        if link is None:
            return 1, "["
        text = re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", link[1])
        if len(link[0]) > len(link[1]) + 2:
            return len(link[0]), _with_address(text, link[2]) if self._readable else text
        if self._readable and not link[1].strip("xX "):
            return len(link[0]), link[0]  # a box to tick
        return (len(link[0]), "") if _REFERENCE.fullmatch(link[1]) else (len(link[0]), f"[{text}]")

    def _link_tail(self, at: int, *, final: bool) -> tuple[int, str]:
        """The address of a link whose words had markup in them: `[a [b]](url)`."""
        consumed, text = self._replace(at, _LINK_TAIL, _LINK_TAIL_BEGUN, final=final)
        tail = _LINK_TAIL.match(self._buffer, at) if self._readable else None
        return (consumed, f"] ({_address(tail[1])})") if tail else (consumed, text)

    def _replace(self, at: int, whole: re.Pattern[str], begun: re.Pattern[str], *, final: bool) -> tuple[int, str]:
        """Drop a match of `whole`; wait while it is only `begun`; else keep the one character."""
        if found := whole.match(self._buffer, at):
            return len(found[0]), ""
        if not final and begun.fullmatch(self._buffer, at):
            return 0, ""
        return 1, self._buffer[at]

    def _autolink(self, at: int, *, final: bool) -> tuple[int, str]:
        if found := _AUTOLINK.match(self._buffer, at):
            return len(found[0]), found[1]
        if not final and _AUTOLINK_BEGUN.fullmatch(self._buffer, at):
            return 0, ""
        return 1, "<"

    def _pipe(self, at: int, *, final: bool) -> tuple[int, str]:
        """In a table row a pipe parts cells: a comma, but none at the row's end."""
        if not self._in_table_row:
            return 1, "|"
        rest = self._buffer[at + 1 : at + 9]
        if not rest.strip(" \t") and len(rest) < 8 and not final:
            return 0, ""
        ends = not rest.strip(" \t") or rest.lstrip(" \t").startswith("\n")
        return 1, "" if ends else "|" if self._readable else ","

    def _image(self, at: int, *, final: bool) -> tuple[int, str]:
        if not self._before.isspace():
            return 1, "!"
        after = self._buffer[at + 1 : at + 2]
        if not after and not final:
            return 0, ""
        return 1, "" if after == "[" else "!"

    def _backslash(self, at: int, *, final: bool) -> tuple[int, str]:
        after = self._buffer[at + 1 : at + 2]
        if not after and not final:
            return 0, ""
        if after and not after.isalnum() and not after.isspace():
            return 2, after
        return 1, "\\"


def _last_run(text: str) -> str:
    """What follows the last space, bounded."""
    if text[-1:].isspace():
        return ""
    words = text.rsplit(None, 1)
    return words[-1][-_ADDRESS_CHARS:] if words else ""


def _address(target: str) -> str:
    """`(url "title")` or `(<url>` → url. Mail and phone links lose their scheme: people read these."""
    words = target.strip("( ").split(maxsplit=1)
    address = words[0].strip("<>") if words else ""
    return address.removeprefix("mailto:").removeprefix("tel:")


def _with_address(text: str, target: str | None) -> str:
    """A link for somebody who reads: words and address, or just the address where the words say no more."""
    address = _address(target or "")
    if not address or not text.strip():
        return address or text
    return address if _same_place(text, address) else f"{text} ({address})"


def _same_place(text: str, address: str) -> bool:
    bare = [re.sub(r"^(?:https?://)?(?:www\.)?", "", each.strip().casefold()).rstrip("/") for each in (text, address)]
    return bare[0] == bare[1]
