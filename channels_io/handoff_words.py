"""What a contact is told about people: that one is asked, that nobody is there. In the agent's language. Pure."""

from __future__ import annotations

from typing import Final, Literal

Words = Literal["asked", "asked_written", "callback", "message"]

_SENTENCES: Final[dict[str, dict[Words, str]]] = {
    "en": {
        "asked": "I have asked a colleague to join us. They will be with you in a moment.",
        "asked_written": "A colleague will answer you here.",
        "callback": "I am sorry, nobody is free just now. We will call you back.",
        "message": "I am sorry, nobody is free just now. What would you like me to pass on to my colleagues?",
    },
    "de": {
        "asked": "Ich habe jemanden aus dem Team dazugebeten. Gleich ist jemand für Sie da.",
        "asked_written": "Jemand aus dem Team antwortet Ihnen hier.",
        "callback": "Leider ist gerade niemand frei. Wir rufen Sie zurück.",
        "message": "Leider ist gerade niemand frei. Was darf ich meinen Kollegen ausrichten?",
    },
    "es": {
        "asked": "He pedido a un compañero que se una. Enseguida estará con usted.",
        "asked_written": "Un compañero le responderá aquí.",
        "callback": "Lo siento, ahora mismo no hay nadie disponible. Le llamaremos.",
        "message": "Lo siento, ahora mismo no hay nadie disponible. ¿Qué quiere que diga a mis compañeros?",
    },
    "fr": {
        "asked": "J'ai demandé à un collègue de nous rejoindre. Il sera avec vous dans un instant.",
        "asked_written": "Un collègue vous répondra ici.",
        "callback": "Désolé, personne n'est disponible pour le moment. Nous vous rappellerons.",
        "message": "Désolé, personne n'est disponible pour le moment. Que puis-je transmettre à mes collègues ?",
    },
}


def handoff_words(words: Words, language: str) -> str:
    """`language` as in a spec ("de", "de-AT"); English where there is no such."""
    return _SENTENCES.get(language.split("-")[0].lower(), _SENTENCES["en"])[words]
