"""Language: go on in another language, or with another voice."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import NEXT
from inference.nodes import LanguageNode


def compile_language(node: str, values: Values) -> LanguageNode:
    """Of "engine/voice" the voice: a conversation keeps its engine."""
    voice = values["voice"].rpartition("/")[2]
    return LanguageNode(id=node, language=values["language"], voice=voice, text=values["text"].strip())


LANGUAGE = NodeKind(
    kind="language",
    label=_("Language"),
    summary=_("Goes on in another language or voice."),
    docs=_(
        "From here on the caller is understood in this language and the agent speaks it, in the voice that it has for it "
        "(the agent's other languages), else in its own. Texts are said as they stand: write them in that language on the paths "
        "that follow."
    ),
    group="do",
    icon="translate",
    fields=(
        ChoiceField(
            name="language",
            label=_("Language"),
            help=_("What is understood and spoken from here on."),
            source="languages",
            required=True,
            max_length=12,
        ),
        ChoiceField(
            name="voice",
            label=_("Voice"),
            help=_("Who speaks from here on."),
            source="voices",
            empty=_("The agent's voice for this language"),
            max_length=200,
        ),
        TextField(
            name="text",
            label=_("Say then"),
            help=_("Said word for word, in the new language."),
            max_length=500,
            multiline=True,
            template=True,
            spoken=True,
        ),
    ),
    ports=(NEXT,),
    compile=compile_language,
)
