"""The wire between web and worker: a closed union of frozen structs, msgpack, audio as bytes.

One WebSocket carries one conversation. Every message carries `turn`: the number of the turn it
belongs to. The worker alone advances it: +1 when the caller's words are taken as a turn (Heard)
and +1 when a reply is interrupted. The web drops whatever carries an older turn than the last
Heard or Interrupted it saw. `docs/wire.md` says the same in prose.

Sample positions are counted from the first sample of the leg, in the leg's own rate.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from inference.cloning import MOST_SAMPLE_BYTES, MOST_SAMPLES, VoiceSample
from inference.errors import ProtocolError
from inference.flow.state import FlowState
from inference.lending import MOST_ADDRESSES, MOST_LENT, LentService
from inference.spec import AgentSpec, VoiceSpec
from inference.used import Use

WIRE_VERSION = 1
MAX_MESSAGE_BYTES = 3 << 20
MAX_AUDIO_BYTES = 64_000
"""One Audio message: at most 2 s at 16 kHz; a frame is normally 20 ms."""
MAX_TEXT_CHARS = 8_000
MAX_NODE_CHARS = 200
RATES = (8000, 16000, 24000, 48000)
HUMAN = "human"
"""`Message.name` of an assistant line that a person said, not the agent."""


class Message(Struct, frozen=True):
    """One line of the conversation's history, as heard. `tool_call` only for tools."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    name: str = ""
    """The tool's; on a system line the id of the goal node whose task it says; `HUMAN` where a person spoke."""
    tool_call: str = ""
    """Id of the tool call that an assistant line makes or a tool line answers."""
    arguments: str = ""
    """JSON text of the arguments, on an assistant line that calls the tool `name`."""


class Media(Struct, frozen=True):
    """What this leg carries. Text legs have no audio; rates are of 16-bit mono PCM."""

    kind: Literal["voice", "text"] = "voice"
    rate_in: int = 16000
    rate_out: int = 24000


class ConversationState(Struct, frozen=True):
    """All that another worker needs to go on: JSON-safe, stored after every turn. Without values that are masked."""

    node: str = ""
    """For readers, like `variables`: `flow` is what a worker goes on with."""
    variables: dict[str, Any] = {}
    history: tuple[Message, ...] = ()
    turn: int = 0
    greeted: bool = False
    owner: Literal["ai", "human"] = "ai"
    summary: str = ""
    """What was said before `history` begins, in a few sentences; the record has it word by word."""
    flow: FlowState = FlowState()
    agent: str = ""
    """Public id of the agent that the conversation was handed to; empty: the one it was opened with."""
    language: str = ""
    """What is spoken since the flow or the caller has changed it; empty: the agent's own, like `voice`."""
    voice: str = ""
    """That the flow has named; empty: the one that the agent has for the language."""
    instructions: tuple[str, ...] = ()
    """What an operator told the agent, the newest last. They hold for the rest of the conversation."""
    unfollowed: int = 0
    """How many of the newest `instructions` no answer has followed yet."""
    misses: int = 0
    """Turns of the caller in a row that were of no use: not understood by the flow, or not sure to be heard right."""


class Span(Struct, frozen=True):
    """A named wait inside a turn. The spans of a turn are contiguous: they add up to the wait."""

    name: str
    ms: float


# --- up: web → worker -------------------------------------------------------------------------


class Open(Struct, frozen=True, tag="open"):
    """First message. `state` resumes a conversation; without it the agent greets."""

    spec: AgentSpec
    conversation: str
    media: Media = Media()
    state: ConversationState | None = None
    caller: str = ""
    """Facts about the caller and the moment ("Now: Sunday 22 November 2026, 08:01"), put last in the prompt."""
    person: str = ""
    """The same for the same person in every conversation: what a split of callers is sticky by."""
    facts: dict[str, str] = {}
    """Variables that the flow begins with: caller, channel."""
    again: bool = False
    """The person calls back: not the greeting, but the question that `state` stands at is said."""
    listen_only: bool = False
    """This leg is only transcribed: Ready, SpeechStarted, Partial, Heard and Failed come, and nothing else."""
    lent: tuple[LentService, ...] = ()
    """Services that the spec names, for this conversation only: no State, log or status holds them."""
    voices: tuple[VoiceSample, ...] = ()
    """Samples of the cloned voices that the spec names."""
    wire: int = WIRE_VERSION
    turn: int = 0


class Audio(Struct, frozen=True, tag="audio"):
    """Caller audio, 16-bit mono PCM at `media.rate_in`."""

    pcm: bytes
    turn: int = 0


class Text(Struct, frozen=True, tag="text"):
    """The caller typed. `id` is the channel's message id, echoed in Heard."""

    text: str
    id: str = ""
    turn: int = 0


class Dtmf(Struct, frozen=True, tag="dtmf"):
    digit: str
    turn: int = 0


class Playback(Struct, frozen=True, tag="playback"):
    """How much of reply `turn` has been played to the caller, in samples at `media.rate_out`.

    Sent every 100-200 ms while audio plays, once when it ends and once after a clear: it is what
    history is cut by, and the credit that lets the worker synthesise further ahead.
    """

    turn: int
    samples: int
    done: bool = False


class ToolResult(Struct, frozen=True, tag="tool_result"):
    call: str
    result: str
    """JSON text, or plain text."""
    ok: bool = True
    turn: int = 0
    lent: tuple[LentService, ...] = ()
    """Where the result is another agent: services that it names, lent like those of `Open`."""
    voices: tuple[VoiceSample, ...] = ()
    """Likewise samples of the cloned voices that it names."""


class Control(Struct, frozen=True, tag="control"):
    """What an operator does to the conversation. All but `say` make no sound of their own.

    `pause`: the agent says nothing, but listens; `hold`: nor is the caller's voice listened to; `resume` ends both.
    `say`: speak `text` at once in the agent's voice. `instruct`: the agent follows `text` from its next answer.
    `owner`: `text` is "human" (the agent falls silent) or "ai", which goes on at `node` of the main flow ("": where
    the flow stands). `told`: a person said `text` to the caller. A State follows owner, instruct and told.
    `turn`, of owner and told: the web has used the turns before it; the worker counts on from there.
    """

    action: Literal["pause", "resume", "hold", "say", "owner", "instruct", "told"]
    text: str = ""
    node: str = ""
    turn: int = 0


class Close(Struct, frozen=True, tag="close"):
    reason: str = ""
    turn: int = 0


Up = Open | Audio | Text | Dtmf | Playback | ToolResult | Control | Close

# --- down: worker → web -----------------------------------------------------------------------


class Ready(Struct, frozen=True, tag="ready"):
    """The conversation is admitted and warm. `resident`: the head of the agent's prompt was here before it began."""

    worker: str
    turn: int = 0
    resident: bool = False


class SpeechStarted(Struct, frozen=True, tag="speech_started"):
    """The caller began to speak at `sample` of the incoming stream."""

    sample: int
    turn: int = 0


class Floor(Struct, frozen=True, tag="floor"):
    """What the caller's voice does to the reply that is playing.

    `duck`: something like speech began, play softer. `hold`: it is speech, fall silent at once and keep
    what is left. `release`: it was nothing (a cough, "mm-hm"), go on from where it was held. A real
    interruption ends in Interrupted instead.
    """

    move: Literal["duck", "hold", "release"]
    turn: int = 0


class Partial(Struct, frozen=True, tag="partial"):
    """What has been understood so far of the words being spoken.

    Empty: what sounded like speech held no words; whoever ducked the agent's voice raises it again.
    """

    text: str
    turn: int = 0


class Heard(Struct, frozen=True, tag="heard"):
    """The caller's words, final. `id` echoes a typed message's id."""

    turn: int
    text: str
    speech_start: int = 0
    speech_end: int = 0
    """Sample positions of the first and last audible sample; 0, 0 for typed text."""
    source: Literal["voice", "text", "dtmf"] = "voice"
    id: str = ""
    confidence: float = 1.0
    used: tuple[Use, ...] = ()
    """Who has recognised it, and whatever else was recognised since the turn before."""
    language: str = ""
    """Which of the agent's languages the words were read in; empty where nobody is to notice it."""
    language_probability: float = 0.0


class ReplyText(Struct, frozen=True, tag="reply_text"):
    """The next words of the reply as written (not as normalised for speech)."""

    turn: int
    text: str


class ReplyAudio(Struct, frozen=True, tag="reply_audio"):
    """The next audio of the reply, 16-bit mono PCM at `media.rate_out`."""

    turn: int
    pcm: bytes


class ReplyDone(Struct, frozen=True, tag="reply_done"):
    """All text and audio of reply `turn` was sent."""

    turn: int
    text: str
    samples: int = 0
    end: str = ""
    """Not empty: the agent ended the conversation, with this reason."""


class Interrupted(Struct, frozen=True, tag="interrupted"):
    """Reply `turn - 1` is cut. The web clears its player, answers with Playback, and the worker
    puts the heard words into history and sends `heard` in the State that follows."""

    turn: int


class ToolCall(Struct, frozen=True, tag="tool_call"):
    call: str
    name: str
    arguments: str
    """JSON text."""
    turn: int = 0


class Entered(Struct, frozen=True, tag="entered"):
    """Nodes of the flow that turn `turn` passed, in order, and what the flow knows now, masked values left out.

    Sent as they are passed, and never for a turn that is not decided; none while a conversation stays where it is.
    """

    turn: int
    nodes: tuple[str, ...]
    variables: dict[str, Any]


class LanguageChanged(Struct, frozen=True, tag="language_changed"):
    """From turn `turn` on the agent understands and speaks `language`, in `voice`: sent once at each change."""

    turn: int
    language: str
    voice: VoiceSpec
    by: Literal["flow", "caller"] = "flow"
    """`caller`: their language was noticed."""
    probability: float = 0.0
    """How sure that was."""


class State(Struct, frozen=True, tag="state"):
    """Snapshot after every turn; the web stores it and any worker can Open with it.

    `heard` is what the caller heard of reply `reply_turn` when that is now settled.
    """

    snapshot: ConversationState
    turn: int = 0
    reply_turn: int = 0
    heard: str = ""
    cut: bool = False
    """True when the reply was interrupted before its end."""
    used: tuple[Use, ...] = ()
    """What engines did that no Timing has told: for a reply that nobody waited for, and after the last one."""


class Timing(Struct, frozen=True, tag="timing"):
    """The waterfall of one reply: contiguous spans from the caller's last audible sample
    (`speech_end`) to the first audible reply sample leaving the worker."""

    turn: int
    spans: tuple[Span, ...]
    speech_end: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0
    guesses_wasted: int = 0
    """Answers begun since the turn before and dropped, because the caller went on."""
    filler: bool = False
    """The answer came too late: a filler was said first, and is what the spans end at."""
    used: tuple[Use, ...] = ()
    """Who thought and spoke, and what of it; what was begun since the reply before and dropped is in it."""


LEAVING = "worker_leaving"
"""`Failed.code`, never fatal: nothing broke. This worker is about to stop, and the conversation is between two turns:
the web may open it at another worker now, with the last State. Said again at the next such moment if it does not."""


class Failed(Struct, frozen=True, tag="failed"):
    """Something broke. `fatal`: the worker closes the socket after it."""

    code: str
    message: str
    fatal: bool = False
    turn: int = 0


Down = (
    Ready
    | SpeechStarted
    | Floor
    | Partial
    | Heard
    | ReplyText
    | ReplyAudio
    | ReplyDone
    | Interrupted
    | ToolCall
    | Entered
    | LanguageChanged
    | State
    | Timing
    | Failed
)

Message_ = TypeVar("Message_")

_encoder = msgspec.msgpack.Encoder()
_up = msgspec.msgpack.Decoder(Up)
_down = msgspec.msgpack.Decoder(Down)


def encode(message: Up | Down) -> bytes:
    return _encoder.encode(message)


def decode_up(data: bytes) -> Up:
    """Raises ProtocolError on anything the wire does not allow, over-long audio and text included."""
    message: Up = _decode(_up, data)
    match message:
        case Audio(pcm=pcm) if len(pcm) > MAX_AUDIO_BYTES or len(pcm) % 2:
            raise ProtocolError(f"Audio must be an even number of bytes, at most {MAX_AUDIO_BYTES}.")
        case Text(text=text) | Control(text=text) if len(text) > MAX_TEXT_CHARS:
            raise ProtocolError(f"Text may have at most {MAX_TEXT_CHARS} characters.")
        case Control(node=node) if len(node) > MAX_NODE_CHARS:
            raise ProtocolError(f"A node's id has at most {MAX_NODE_CHARS} characters.")
        case Control(action="owner", text=text) if text not in ("ai", "human"):
            raise ProtocolError('The owner is "ai" or "human".')
        case Open(listen_only=True, media=Media(kind="text")):
            raise ProtocolError("Only a voice leg can be listened to.")
        case Open(voices=voices) | ToolResult(voices=voices) if len(voices) > MOST_SAMPLES or any(
            len(each.wav) > MOST_SAMPLE_BYTES for each in voices
        ):
            raise ProtocolError(
                f"At most {MOST_SAMPLES} samples of voices can come, of at most {MOST_SAMPLE_BYTES} bytes each."
            )
        case Open(lent=lent) | ToolResult(lent=lent) if len(lent) > MOST_LENT or any(
            len(each.addresses) > MOST_ADDRESSES for each in lent
        ):
            raise ProtocolError(
                f"At most {MOST_LENT} services can be lent, of at most {MOST_ADDRESSES} addresses each."
            )
        case Open(media=media) if media.rate_in not in RATES or media.rate_out not in RATES:
            raise ProtocolError(f"Rates must be among {RATES}.")
    return message


def decode_down(data: bytes) -> Down:
    message: Down = _decode(_down, data)
    return message


def _decode(decoder: msgspec.msgpack.Decoder[Message_], data: bytes) -> Message_:
    if len(data) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"Message of {len(data)} bytes; at most {MAX_MESSAGE_BYTES} are allowed.")
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"Not a message of the wire: {error}") from error
