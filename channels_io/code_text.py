"""The message that carries a one-time code, and how a code is kept: never as it is. Pure."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from django.utils.crypto import salted_hmac

from inference.nodes import CODE_DIGITS

HIDDEN: Final = "•••"
_SALT: Final = "parley.one_time_code"
_TEXTS: Final[Mapping[str, str]] = {
    "en": "{code} is your code for {agent}. It is good for {minutes} minutes. Tell it to nobody but the agent that asks you for it.",
    "de": "{code} ist Ihr Code für {agent}. Er gilt {minutes} Minuten. Sagen Sie ihn nur dem Assistenten, der danach fragt.",
    "fr": "{code} est votre code pour {agent}. Il est valable {minutes} minutes. Ne le donnez qu'à l'assistant qui vous le demande.",
    "es": "{code} es su código para {agent}. Vale {minutes} minutos. No se lo dé a nadie más que al asistente que se lo pide.",
}


def new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def digest_of(code: str, conversation: str) -> str:
    """Keyed by the server's secret and by the conversation (public id): a code is good in one only."""
    return salted_hmac(_SALT, f"{conversation}:{code}", algorithm="sha256").hexdigest()


def is_code(code: str, conversation: str, digest: str) -> bool:
    return hmac.compare_digest(digest_of(code, conversation), digest)


def code_message(code: str, agent: str, language: str, minutes: int) -> str:
    text = _TEXTS.get(language.split("-")[0].lower(), _TEXTS["en"])
    return text.format(code=code, agent=agent[:60], minutes=minutes)
