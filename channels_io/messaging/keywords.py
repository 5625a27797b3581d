"""STOP, START and HELP: words that the law and the carriers answer, not the agent. Pure."""

from __future__ import annotations

from typing import Final, Literal

Scope = Literal["sms", "whatsapp"]
Keyword = Literal["stop", "start", "help"]

_EVERYWHERE: Final[dict[str, Keyword]] = {
    "stop": "stop",
    "stopall": "stop",
    "stop all": "stop",
    "unsubscribe": "stop",
    "optout": "stop",
    "opt out": "stop",
    "start": "start",
    "unstop": "start",
    "subscribe": "start",
}
_SMS: Final[dict[str, Keyword]] = {
    "cancel": "stop",
    "end": "stop",
    "quit": "stop",
    "revoke": "stop",
    "help": "help",
    "info": "help",
}
"""What carriers take for these in an SMS, so we must too. On WhatsApp they are words for the agent."""


def keyword_of(text: str, scope: Scope, *, opted_out: bool = False) -> Keyword | None:
    """The keyword that the whole message is. "yes" starts again, but only for who has stopped."""
    said = " ".join(text.casefold().strip(" \t\r\n.!\"'").split())
    if opted_out and said == "yes":
        return "start"
    return _EVERYWHERE.get(said) or (_SMS.get(said) if scope == "sms" else None)


_SENTENCES: Final[dict[str, dict[Keyword, str]]] = {
    "en": {
        "stop": "You will get no more messages from us. Reply START to get them again.",
        "start": "You will get our messages again. Reply STOP to end them.",
        "help": "You are writing to {name}. Reply STOP to get no more messages.",
    },
    "de": {
        "stop": "Sie erhalten keine Nachrichten mehr von uns. Antworten Sie START, um wieder welche zu erhalten.",
        "start": "Sie erhalten unsere Nachrichten wieder. Antworten Sie STOP, um sie zu beenden.",
        "help": "Sie schreiben mit {name}. Antworten Sie STOP, um keine Nachrichten mehr zu erhalten.",
    },
    "es": {
        "stop": "Ya no recibirá mensajes nuestros. Responda START para recibirlos de nuevo.",
        "start": "Volverá a recibir nuestros mensajes. Responda STOP para dejar de recibirlos.",
        "help": "Está escribiendo a {name}. Responda STOP para no recibir más mensajes.",
    },
    "fr": {
        "stop": "Vous ne recevrez plus de messages de notre part. Répondez START pour en recevoir à nouveau.",
        "start": "Vous recevrez à nouveau nos messages. Répondez STOP pour ne plus en recevoir.",
        "help": "Vous écrivez à {name}. Répondez STOP pour ne plus recevoir de messages.",
    },
}


def confirmation(keyword: Keyword, language: str, name: str) -> str:
    """What the person is told, in `language` ("de", "de-AT") or in English. `name` is the agent's."""
    sentences = _SENTENCES.get(language.split("-")[0].lower(), _SENTENCES["en"])
    return sentences[keyword].replace("{name}", name)
