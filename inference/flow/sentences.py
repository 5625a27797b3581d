"""The few sentences that a flow says by itself, where its author wrote none."""

from __future__ import annotations

from typing import Literal

from inference.flow.templates import fill

SentenceName = Literal[
    "retry", "what_is", "confirm", "right", "sorry", "what_wrong", "still_there", "go_on", "failed", "nobody",
    "silence", "goodbye", "apology", "limit", "wrong_code", "moved", "back", "take_time",
]  # fmt: skip

_SENTENCES: dict[str, dict[SentenceName, str]] = {
    "en": {
        "retry": "Sorry, I didn't catch that.",
        "what_is": "What is {{value}}?",
        "confirm": "{{value}}. Is that right?",
        "right": "Is that right?",
        "sorry": "Sorry about that.",
        "what_wrong": "What should I change?",
        "still_there": "Are you still there?",
        "go_on": "Please go ahead.",
        "failed": "I am sorry, that did not work.",
        "nobody": "I am sorry, nobody is free to talk to you just now.",
        "silence": "It seems you are no longer there, so I will end here. Goodbye.",
        "goodbye": "Thank you, and goodbye.",
        "apology": "I am sorry, I could not understand you. Please try again another time. Goodbye.",
        "limit": "I am sorry, I have to stop here. Please contact us again. Goodbye.",
        "wrong_code": "That is not the code that I sent.",
        "moved": "I have sent you a message. Let us go on there. Goodbye.",
        "back": "Welcome back.",
        "take_time": "Take your time.",
    },
    "de": {
        "retry": "Das habe ich leider nicht verstanden.",
        "what_is": "Was ist {{value}}?",
        "confirm": "{{value}}. Ist das richtig?",
        "right": "Ist das richtig?",
        "sorry": "Entschuldigung.",
        "what_wrong": "Was soll ich ändern?",
        "still_there": "Sind Sie noch da?",
        "go_on": "Bitte sprechen Sie.",
        "failed": "Das hat leider nicht geklappt.",
        "nobody": "Leider ist gerade niemand frei.",
        "silence": "Sie scheinen nicht mehr da zu sein, deshalb beende ich das Gespräch. Auf Wiederhören.",
        "goodbye": "Vielen Dank und auf Wiederhören.",
        "apology": "Ich konnte Sie leider nicht verstehen. Bitte versuchen Sie es ein anderes Mal. Auf Wiederhören.",
        "limit": "Leider muss ich hier aufhören. Bitte melden Sie sich noch einmal. Auf Wiederhören.",
        "wrong_code": "Das ist nicht der Code, den ich geschickt habe.",
        "moved": "Ich habe Ihnen eine Nachricht geschickt. Dort geht es weiter. Auf Wiederhören.",
        "back": "Willkommen zurück.",
        "take_time": "Lassen Sie sich Zeit.",
    },
    "fr": {
        "retry": "Désolé, je n'ai pas compris.",
        "what_is": "Quel est {{value}} ?",
        "confirm": "{{value}}. C'est bien cela ?",
        "right": "C'est bien cela ?",
        "sorry": "Toutes mes excuses.",
        "what_wrong": "Que dois-je changer ?",
        "still_there": "Êtes-vous toujours là ?",
        "go_on": "Je vous écoute.",
        "failed": "Désolé, cela n'a pas fonctionné.",
        "nobody": "Désolé, personne n'est disponible pour le moment.",
        "silence": "Vous ne semblez plus être là, je vais donc m'arrêter ici. Au revoir.",
        "goodbye": "Merci et au revoir.",
        "apology": "Désolé, je n'ai pas pu vous comprendre. Merci de réessayer plus tard. Au revoir.",
        "limit": "Désolé, je dois m'arrêter ici. Merci de nous recontacter. Au revoir.",
        "wrong_code": "Ce n'est pas le code que j'ai envoyé.",
        "moved": "Je vous ai envoyé un message. Continuons par là. Au revoir.",
        "back": "Heureux de vous retrouver.",
        "take_time": "Prenez votre temps.",
    },
    "es": {
        "retry": "Perdón, no le he entendido.",
        "what_is": "¿Cuál es {{value}}?",
        "confirm": "{{value}}. ¿Es correcto?",
        "right": "¿Es correcto?",
        "sorry": "Disculpe.",
        "what_wrong": "¿Qué debo cambiar?",
        "still_there": "¿Sigue ahí?",
        "go_on": "Dígame.",
        "failed": "Lo siento, no ha funcionado.",
        "nobody": "Lo siento, ahora mismo no hay nadie disponible.",
        "silence": "Parece que ya no está ahí, así que termino aquí. Adiós.",
        "goodbye": "Muchas gracias y adiós.",
        "apology": "Lo siento, no he podido entenderle. Inténtelo de nuevo más tarde. Adiós.",
        "limit": "Lo siento, tengo que terminar aquí. Vuelva a ponerse en contacto con nosotros. Adiós.",
        "wrong_code": "Ese no es el código que envié.",
        "moved": "Le he enviado un mensaje. Sigamos por ahí. Adiós.",
        "back": "Hola de nuevo.",
        "take_time": "Tómese su tiempo.",
    },
}


def sentence(name: SentenceName, language: str, value: str = "") -> str:
    """The sentence in `language` ("de", "de-AT"), in English where there is no translation."""
    texts = _SENTENCES.get(language.split("-")[0].lower(), _SENTENCES["en"])
    return fill(texts[name], {"value": value})


def as_sentence(text: str) -> str:
    """With a capital first: what is read back may begin with a small letter."""
    return text[:1].upper() + text[1:]
