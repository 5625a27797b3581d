"""What Twilio's own voice says, before and after the agent is on the line: by the agent's language. Pure data."""

from __future__ import annotations

from typing import Final, Literal

Sentence = Literal[
    "may_record",
    "closed",
    "leave_message",
    "message_taken",
    "apology",
    "not_in_service",
    "goodbye",
    "call_for_you",
    "accept",
    "caller_gone",
    "thanks",
]

TEXTS: Final[dict[str, dict[Sentence, str]]] = {
    "en": {
        "may_record": "May we record this call to improve our service? Press 1 or say yes. Press 2 or say no.",
        "closed": "Thank you for calling. We are closed at the moment.",
        "leave_message": "Please leave a message after the tone, then hang up or press the hash key.",
        "message_taken": "Thank you. Your message was recorded. Goodbye.",
        "apology": "We are sorry: something is not working on our side.",
        "not_in_service": "This number is not in service yet. Goodbye.",
        "goodbye": "Please call again a little later. Goodbye.",
        "call_for_you": "There is a call for you.",
        "accept": "Press 1 or say yes to take it. Press 2 or say no to refuse it.",
        "caller_gone": "The caller has hung up. Goodbye.",
        "thanks": "Thank you. Goodbye.",
    },
    "de": {
        "may_record": "Dürfen wir dieses Gespräch aufzeichnen, um besser zu werden? Drücken Sie die 1 oder sagen Sie ja. "
        "Drücken Sie die 2 oder sagen Sie nein.",
        "closed": "Vielen Dank für Ihren Anruf. Wir haben im Moment geschlossen.",
        "leave_message": "Bitte sprechen Sie nach dem Ton und legen Sie dann auf, oder drücken Sie die Rautetaste.",
        "message_taken": "Vielen Dank. Ihre Nachricht wurde aufgenommen. Auf Wiederhören.",
        "apology": "Es tut uns leid: bei uns funktioniert gerade etwas nicht.",
        "not_in_service": "Diese Nummer ist noch nicht in Betrieb. Auf Wiederhören.",
        "goodbye": "Bitte rufen Sie etwas später wieder an. Auf Wiederhören.",
        "call_for_you": "Es ist ein Anruf für Sie da.",
        "accept": "Drücken Sie die 1 oder sagen Sie ja, um ihn anzunehmen. Drücken Sie die 2 oder sagen Sie nein, um ihn abzulehnen.",
        "caller_gone": "Der Anrufer hat aufgelegt. Auf Wiederhören.",
        "thanks": "Vielen Dank. Auf Wiederhören.",
    },
    "es": {
        "may_record": "¿Podemos grabar esta llamada para mejorar? Pulse 1 o diga sí. Pulse 2 o diga no.",
        "closed": "Gracias por llamar. En este momento estamos cerrados.",
        "leave_message": "Deje su mensaje después de la señal y cuelgue o pulse almohadilla.",
        "message_taken": "Gracias. Su mensaje ha quedado grabado. Hasta luego.",
        "apology": "Lo sentimos: algo no funciona en este momento.",
        "not_in_service": "Este número aún no está en servicio. Hasta luego.",
        "goodbye": "Llame de nuevo un poco más tarde, por favor. Hasta luego.",
        "call_for_you": "Hay una llamada para usted.",
        "accept": "Pulse 1 o diga sí para aceptarla. Pulse 2 o diga no para rechazarla.",
        "caller_gone": "La persona que llamaba ha colgado. Hasta luego.",
        "thanks": "Gracias. Hasta luego.",
    },
    "fr": {
        "may_record": "Pouvons-nous enregistrer cet appel pour nous améliorer ? Tapez 1 ou dites oui. Tapez 2 ou dites non.",
        "closed": "Merci de votre appel. Nous sommes fermés pour le moment.",
        "leave_message": "Laissez votre message après le signal, puis raccrochez ou tapez dièse.",
        "message_taken": "Merci. Votre message est enregistré. Au revoir.",
        "apology": "Nous sommes désolés : quelque chose ne fonctionne pas chez nous.",
        "not_in_service": "Ce numéro n'est pas encore en service. Au revoir.",
        "goodbye": "Veuillez rappeler un peu plus tard. Au revoir.",
        "call_for_you": "Un appel pour vous.",
        "accept": "Tapez 1 ou dites oui pour le prendre. Tapez 2 ou dites non pour le refuser.",
        "caller_gone": "L'appelant a raccroché. Au revoir.",
        "thanks": "Merci. Au revoir.",
    },
}

YES: Final = {
    "en": ("yes", "yeah", "yep", "sure", "okay", "ok", "accept", "i do", "of course"),
    "de": ("ja", "gerne", "okay", "ok", "annehmen", "klar", "natürlich"),
    "es": ("sí", "si", "claro", "vale", "acepto", "de acuerdo"),
    "fr": ("oui", "ouais", "d'accord", "accepter", "bien sûr", "ok"),
}
NO: Final = {
    "en": ("no", "nope", "not", "don't", "refuse", "reject", "decline"),
    "de": ("nein", "nicht", "ablehnen", "nee"),
    "es": ("no", "rechazar", "rechazo"),
    "fr": ("non", "pas", "refuser"),
}
_REGIONS: Final = {
    "en": "en-US",
    "de": "de-DE",
    "es": "es-ES",
    "fr": "fr-FR",
    "it": "it-IT",
    "nl": "nl-NL",
    "pt": "pt-PT",
}


def sentence(name: Sentence, language: str) -> str:
    """In `language` ("de", "de-AT"), or in English."""
    return TEXTS.get(_base(language), TEXTS["en"])[name]


def said_language(language: str) -> str:
    """As Twilio's voices are named: "de" → "de-DE". The language of our sentences where we have none in `language`."""
    base = _base(language)
    if len(language) == 5 and language[2] in "-_":
        return f"{base}-{language[3:].upper()}"
    return _REGIONS.get(base, "en-US")


def answered(digits: str, speech: str, language: str) -> bool | None:
    """Yes (1, or a word for it), no (2), or neither. A no wins over a yes: "no, okay, not now"."""
    if digits[:1] in ("1", "2"):
        return digits[0] == "1"
    words = " " + " ".join("".join(c if c.isalnum() or c == "'" else " " for c in speech.lower()).split()) + " "
    base = _base(language)
    if any(f" {word} " in words for word in NO.get(base, NO["en"])):
        return False
    return True if any(f" {word} " in words for word in YES.get(base, YES["en"])) else None


def _base(language: str) -> str:
    return language[:2].lower()
