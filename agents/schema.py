"""The agent's own settings: every field of a draft that does not belong to a node.

The form draws these in sections, the API describes them, `compile` checks them. Node fields stand
with their node kind in `agents.nodes`, the flow in `agents.flow_field`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from agents.after_call import AFTER_CALL
from agents.fields import ChoiceField, Field, Label, NumberField, RowsField, SwitchField, TagsField, TextField
from agents.flow_field import FLOW
from agents.graph import PLAIN_GOAL

NAME = TextField(
    name="name",
    label=_("Name"),
    help=_("What your team calls this agent. Callers do not hear it."),
    section="identity",
    max_length=80,
    required=True,
)

PERSONA = TextField(
    name="persona",
    label=_("Persona"),
    help=_("Who is speaking, in one or two sentences: name, role, manner."),
    section="identity",
    max_length=2_000,
    multiline=True,
    counts_tokens=True,
)

INSTRUCTIONS = TextField(
    name="instructions",
    label=_("Instructions"),
    help=_("The job and every fact it needs, in short plain lines. What is not written here, it does not know."),
    section="goal",
    max_length=12_000,
    multiline=True,
    counts_tokens=True,
    required=True,
)

GREETING = TextField(
    name="greeting",
    label=_("Greeting"),
    help=_("The first thing callers hear. Leave it empty and the agent waits for them to speak."),
    section="opening",
    max_length=500,
    multiline=True,
    spoken=True,
)

RECORD_AUDIO = SwitchField(
    name="record_audio",
    label=_("Record conversations"),
    help=_("Keeps the audio of both sides. The consent sentence is then spoken before the greeting."),
    section="opening",
)

CONSENT = TextField(
    name="consent",
    label=_("Consent sentence"),
    help=_("Said first whenever recording is on."),
    section="opening",
    max_length=300,
    spoken=True,
)

LANGUAGE = ChoiceField(
    name="language",
    label=_("Language"),
    help=_("The language callers speak and the agent answers in."),
    section="voice",
    max_length=12,
    required=True,
)

LANGUAGES = RowsField(
    name="languages",
    label=_("Other languages"),
    help=_(
        "What the agent speaks besides, and who speaks it. A Language step of the flow, or the caller, changes to it."
    ),
    section="voice",
    max_items=20,
    columns=(
        ChoiceField(name="language", label=_("Language"), source="languages", max_length=12, required=True),
        ChoiceField(name="voice", label=_("Voice"), source="voices", empty=_("The same voice"), max_length=200),
    ),
)

NOTICES_LANGUAGE = SwitchField(
    name="notices_language",
    label=_("Notice the caller's language"),
    help=_(
        "On a call, the agent goes on in the language it hears, among its own. Takes a recogniser of several languages."
    ),
    section="voice",
    default=False,
)

VOICE_ENGINE = ChoiceField(name="voice_engine", label=_("Voice engine"), section="voice", required=True)
VOICE_NAME = ChoiceField(name="voice_name", label=_("Voice"), section="voice", required=True)

VOICE_SPEED = NumberField(
    name="voice_speed",
    label=_("Speed"),
    help=_("1 is the voice's own pace."),
    section="voice",
    minimum=0.5,
    maximum=2.0,
    step=0.05,
)

CHAT_MODEL = ChoiceField(
    name="chat_model",
    label=_("Language model"),
    help=_("“Default” is whatever the worker runs."),
    section="model",
    required=True,
)

TRANSCRIBER = ChoiceField(
    name="transcriber",
    label=_("Speech recognition"),
    help=_("What turns the caller's voice into words."),
    section="model",
    required=True,
    source="transcribers",
    default="default",
)

STAND_IN = ChoiceField(
    name="stand_in",
    label=_("If a service fails"),
    help=_("Asked next, in the same turn. The worker's own models always come last."),
    section="model",
    source="services",
    empty=_("the worker's own models"),
    default="",
)

TEMPERATURE = NumberField(
    name="temperature",
    label=_("Temperature"),
    help=_("Low keeps to the facts and says the same thing each time; high varies the wording."),
    section="model",
    minimum=0.0,
    maximum=1.5,
    step=0.05,
)

MAX_TOKENS = NumberField(
    name="max_tokens",
    label=_("Longest reply"),
    help=_("A reply is cut here. Twenty tokens are about one spoken sentence."),
    section="model",
    minimum=16,
    maximum=1_000,
    step=1,
    whole=True,
    unit=_("tokens"),
)

HINTS = TagsField(
    name="hints",
    label=_("Words to recognise"),
    help=_("Names, products and places that callers say and a recogniser would miss."),
    section="hints",
    max_items=100,
    max_length=60,
)

PRONUNCIATIONS = RowsField(
    name="pronunciations",
    label=_("Pronunciation"),
    help=_("How the voice says a word that it would say wrong."),
    section="pronunciations",
    max_items=200,
    columns=(
        TextField(name="written", label=_("Written"), max_length=60, required=True),
        TextField(name="spoken", label=_("Spoken as"), max_length=120, required=True),
    ),
)

ASK_PERSON_AFTER = NumberField(
    name="ask_person_after",
    label=_("Ask for a person after"),
    help=_("So many answers in a row that it did not understand: the conversation then waits for your team. 0: never."),
    section="goal",
    minimum=0,
    maximum=10,
    step=1,
    whole=True,
    unit=_("misses"),
    default=0,
)

HAND_OVER_LINE = TextField(
    name="hand_over_line",
    label=_("Said when a person takes over"),
    help=_(
        "In the agent's voice, before your colleague is heard. A channel may have its own. Empty: a sentence of ours."
    ),
    section="people",
    max_length=300,
    spoken=True,
    placeholder=_("You are now speaking with a colleague of mine."),
)

GIVE_BACK_LINE = TextField(
    name="give_back_line",
    label=_("Said when the agent goes on"),
    help=_("After your colleague has given the conversation back. Empty: a sentence of ours."),
    section="people",
    max_length=300,
    spoken=True,
    placeholder=_("I'm with you again."),
)

AGENT_FIELDS: tuple[Field, ...] = (
    PERSONA,
    GREETING,
    RECORD_AUDIO,
    CONSENT,
    LANGUAGE,
    VOICE_ENGINE,
    VOICE_NAME,
    VOICE_SPEED,
    LANGUAGES,
    NOTICES_LANGUAGE,
    CHAT_MODEL,
    TRANSCRIBER,
    STAND_IN,
    TEMPERATURE,
    MAX_TOKENS,
    HINTS,
    PRONUNCIATIONS,
    AFTER_CALL,
    ASK_PERSON_AFTER,
    HAND_OVER_LINE,
    GIVE_BACK_LINE,
)

DRAFT_FIELDS: dict[str, Field] = {field.name: field for field in (PERSONA, INSTRUCTIONS, *AGENT_FIELDS[1:], FLOW)}
"""Everything a draft holds, in the order of the form; the flow is drawn on the canvas."""

NODE_OF_FIELD: dict[str, str] = {INSTRUCTIONS.name: PLAIN_GOAL}
"""Which node of a plain agent a draft's field belongs to; fields not in it are the agent's own."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form. `key` is its anchor and what fields name."""

    key: str
    title: Label
    summary: Label


SECTIONS: tuple[Section, ...] = (
    Section("identity", _("Identity"), _("Who picks up.")),
    Section("goal", _("What it should do"), _("The job, the facts, the limits.")),
    Section("opening", _("First words"), _("What every caller hears first.")),
    Section("voice", _("Voice"), _("How it sounds.")),
    Section("model", _("Model"), _("How it thinks.")),
    Section("hints", _("Words to recognise"), _("Names it must not miss.")),
    Section("pronunciations", _("Pronunciation"), _("Words it must say right.")),
    Section("people", _("People"), _("What is heard when one of your team takes over.")),
    Section("after", _("After the conversation"), _("What you want to know when it is over.")),
)
