"""The byte-stable head of every prompt: persona, instructions, speaking rules, in this order.

Written for a model of 1.5 billion parameters: short, plain, imperative. The rules stand last,
where a small model minds them most. Nothing that changes from call to call may appear here: the
worker keeps the head's KV cache and shares it over all calls of the agent.
"""

from __future__ import annotations

from django.conf.locale import LANG_INFO

from agents.text import estimate_tokens

CONTEXT_TOKENS = 4_096
"""What the smallest supported worker reads at once."""
CONVERSATION_TOKENS = 1_500
"""Kept free for what is said in the call and for the reply."""
HEAD_TOKENS = CONTEXT_TOKENS - CONVERSATION_TOKENS
"""The most that persona, instructions and rules may take."""
LONG_HEAD_TOKENS = 1_200
"""From here on a small model forgets facts and the first call after a start is slow."""

RULES = """\
You are on a live voice call. Your words are spoken aloud.
Answer in one short sentence, at most two. Say only what was asked.
Use plain spoken words: no lists, no markdown, no emoji, no links.
Use only the facts above. Never make up a fact. If it is not there, say you do not know it and offer to take a message."""


def language_name(code: str) -> str:
    """English name of a language code: "pt-BR" → "Brazilian Portuguese"; unknown codes as they are."""
    for key in (code.lower(), code.lower().split("-")[0]):
        info = LANG_INFO.get(key)
        if info is not None and "name" in info:
            return str(info["name"])
    return code


def build_head(persona: str, instructions: str, language: str, *, others: bool = False) -> str:
    """The head of the prompt. Same arguments, same bytes.

    `others`: the conversation may go on in another language. The head then holds for that too: it stays in the cache.
    """
    rules = RULES
    if others:
        rules = (
            f"{rules}\nSpeak {language_name(language)} until you are told to speak another language, then speak that."
        )
    elif language.split("-")[0].lower() != "en":
        rules = f"{rules}\nSpeak {language_name(language)}."
    parts = (_tidy(persona), _tidy(instructions), rules)
    return "\n\n".join(part for part in parts if part)


def head_tokens(persona: str, instructions: str, language: str = "en") -> int:
    """About how many tokens the head takes."""
    return estimate_tokens(build_head(persona, instructions, language))


def _tidy(text: str) -> str:
    """No trailing blanks and at most one empty line in a row: the model reads them, nobody needs them."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    return "\n".join(kept)
