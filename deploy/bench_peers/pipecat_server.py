"""The peer of `make bench-peers`: a pipecat pipeline behind a WebSocket, run in pipecat's own environment.

    python pipecat_server.py < config.json

Nothing of Parley is imported here and nothing of pipecat there: the two meet on the wire. The caller
sends binary messages of 16 kHz 16-bit PCM to `/ws/<setting>`; back come binary messages of 24 kHz PCM
and JSON texts: {"type": "heard" | "said", "text": ...}, {"type": "clear"} (drop what is queued).

Where there was a choice it was made for pipecat: weights are loaded and warmed before the first
call and shared by all calls, and no metrics, tracing or debug log is on.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket
from faster_whisper import WhisperModel
from hibari import Hibari
from loguru import logger
from pipecat.audio.turn.smart_turn.base_smart_turn import SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputTransportMessageUrgentFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transcriptions.language import Language
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy, TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

RATE_IN = 16_000
RATE_OUT = 24_000
WINDOW = RATE_OUT // 100
AUDIBLE = 10 ** (-45 / 20)


@dataclass(frozen=True)
class Setting:
    """What differs between the columns; everything else is pipecat's default."""

    beam: int | None = None
    """Beam of the recogniser; None: what pipecat asks for (its default, 5)."""
    trim: bool = False
    """Cut the near-silence that the voice puts in front of a sentence."""
    longest_silence: float | None = None
    """Seconds that smart-turn waits when it says "incomplete"; None: the default (3)."""
    turn_model: bool = True
    """False: no smart-turn, every pause that the voice detector sees ends the turn."""
    frames_10ms: int = 4
    """10 ms pieces in an outgoing frame."""
    trailing_silence: float | None = None
    """Seconds of silence appended for the recogniser; None: the default (0.5)."""


SETTINGS = {
    "shipped": Setting(),
    "tuned": Setting(beam=1, trim=True, longest_silence=1.0, frames_10ms=2),
    "hasty": Setting(beam=1, trim=True, turn_model=False, frames_10ms=2),
}


class PcmSerializer(FrameSerializer):
    """Raw PCM both ways; JSON for the little that is no sound."""

    async def serialize(self, frame: Frame) -> str | bytes | None:
        if isinstance(frame, OutputAudioRawFrame):
            return frame.audio
        if isinstance(frame, InterruptionFrame):
            return json.dumps({"type": "clear"})
        if isinstance(frame, OutputTransportMessageUrgentFrame) and not self.should_ignore_frame(frame):
            return json.dumps(frame.message)
        return None

    async def deserialize(self, data: str | bytes) -> Frame | None:
        if isinstance(data, str):
            return None
        return InputAudioRawFrame(audio=data, sample_rate=RATE_IN, num_channels=1)


class SharedWhisper(WhisperSTTService):
    """pipecat's Whisper service on a model that is loaded already; `beam` is the only thing it may ask differently."""

    def __init__(self, model: Any, beam: int | None, **options: Any) -> None:
        self._shared = model if beam is None else _WithBeam(model, beam)
        super().__init__(settings=self.Settings(model="shared", language=Language.EN), **options)

    def _load(self) -> None:
        self._model = self._shared


class _WithBeam:
    """A Whisper model that decodes once, with this beam, without time stamps."""

    supported_languages = ("en",)

    def __init__(self, model: Any, beam: int) -> None:
        self._model = model
        self._options = {
            "beam_size": beam,
            "best_of": 1,
            "temperature": 0.0,
            "condition_on_previous_text": False,
            "without_timestamps": True,
        }

    def transcribe(self, audio: Any, **options: Any) -> Any:
        return self._model.transcribe(audio, **options, **self._options)


class HibariTTS(TTSService):
    """A sentence in, its audio out, synthesised off the event loop like pipecat's own local voices."""

    Settings = TTSSettings

    def __init__(self, speaker: Any, *, trim: bool) -> None:
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=RATE_OUT,
            settings=TTSSettings(model=None, voice="heart", language=None),
        )
        self._speaker = speaker
        self._trim = trim

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        # The voice's own way: it cuts the text into sentences itself; the first can be heard at once.
        pieces = self._pieces(self._speaker.split_sentences(text))
        async for frame in self._stream_audio_frames_from_iterator(
            pieces, in_sample_rate=RATE_OUT, context_id=context_id
        ):
            await self.stop_ttfb_metrics()
            yield frame

    async def _pieces(self, sentences: list[str]) -> AsyncIterator[bytes]:
        for sentence in sentences:
            if any(letter.isalnum() for letter in sentence):
                yield await asyncio.to_thread(self._say, sentence)

    def _say(self, sentence: str) -> bytes:
        audio = np.asarray(self._speaker(sentence, seed=0), np.float32)
        if self._trim:
            audio = audio[first_audible(audio) :]
        return (np.clip(audio, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def first_audible(audio: np.ndarray) -> int:
    """Index 10 ms before the first 10 ms window above -45 dBFS; 0 when there is none."""
    windows = audio[: audio.size // WINDOW * WINDOW].reshape(-1, WINDOW)
    loud = np.flatnonzero(np.sqrt(np.mean(np.square(windows), axis=1)) >= AUDIBLE)
    return max(0, (int(loud[0]) - 1) * WINDOW) if loud.size else 0


class Peer:
    """The loaded weights, and a pipeline for each call."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.whisper = WhisperModel(config["whisper"], device="cpu", compute_type="int8")
        self.speaker = Hibari(voice=config["voice"], threads=1)

    def warm(self) -> None:
        noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE_IN).astype(np.float32)
        list(self.whisper.transcribe(noise, language="en")[0])
        self.speaker("Ready.")

    async def call(self, socket: WebSocket, setting: Setting) -> None:
        config = self.config
        transport = FastAPIWebsocketTransport(
            socket,
            FastAPIWebsocketParams(
                audio_in_enabled=True,
                audio_out_enabled=True,
                audio_out_10ms_chunks=setting.frames_10ms,
                serializer=PcmSerializer(),
            ),
        )
        padding = {} if setting.trailing_silence is None else {"trailing_silence_secs": setting.trailing_silence}
        llm = OpenAILLMService(
            base_url=config["llm_url"],
            api_key=config["llm_key"],
            settings=OpenAILLMService.Settings(
                model=config["llm_model"],
                system_instruction=config["system"],
                temperature=config["temperature"],
                max_tokens=config["max_tokens"],
                # The server keeps the cache of this call's prompt, as a llama.cpp server with one slot would.
                extra={"prompt_cache_key": uuid4().hex},
            ),
        )
        context = LLMContext()
        listener, speaker_side = LLMContextAggregatorPair(
            context,
            user_params=LLMUserAggregatorParams(
                vad_analyzer=SileroVADAnalyzer(params=VADParams()), user_turn_strategies=_strategies(setting)
            ),
        )
        pipeline = Pipeline(
            [
                transport.input(),
                SharedWhisper(self.whisper, setting.beam, **padding),
                listener,
                llm,
                HibariTTS(self.speaker, trim=setting.trim),
                transport.output(),
                speaker_side,
            ]
        )
        worker = PipelineWorker(
            pipeline,
            params=PipelineParams(audio_in_sample_rate=RATE_IN, audio_out_sample_rate=RATE_OUT),
            enable_rtvi=False,
        )

        async def tell(kind: str, text: str) -> None:
            await worker.queue_frame(OutputTransportMessageUrgentFrame(message={"type": kind, "text": text}))

        @listener.event_handler("on_user_turn_stopped")
        async def _heard(_: Any, __: Any, message: Any) -> None:
            await tell("heard", message.content or "")

        @speaker_side.event_handler("on_assistant_turn_stopped")
        async def _said(_: Any, message: Any) -> None:
            await tell("said", message.content)

        @transport.event_handler("on_client_connected")
        async def _connected(_: Any, __: Any) -> None:
            if config["greeting"]:
                await worker.queue_frame(TTSSpeakFrame(config["greeting"], append_to_context=True))

        @transport.event_handler("on_client_disconnected")
        async def _gone(_: Any, __: Any) -> None:
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()


def _strategies(setting: Setting) -> UserTurnStrategies | None:
    if not setting.turn_model:
        return UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)])
    if setting.longest_silence is None:
        return None
    analyzer = LocalSmartTurnAnalyzerV3(params=SmartTurnParams(stop_secs=setting.longest_silence))
    return UserTurnStrategies(stop=[TurnAnalyzerUserTurnStopStrategy(turn_analyzer=analyzer)])


def app_of(peer: Peer) -> FastAPI:
    app = FastAPI()

    @app.get("/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.websocket("/ws/{name}")
    async def call(socket: WebSocket, name: str) -> None:
        setting = SETTINGS.get(name)
        if setting is None:
            await socket.close(4404)
            return
        await socket.accept()
        await peer.call(socket, setting)

    return app


def main() -> None:
    logger.remove()
    config = json.load(sys.stdin)
    logger.add(sys.stderr, level=config.get("log", "WARNING"))
    peer = Peer(config)
    peer.warm()
    uvicorn.run(app_of(peer), host="127.0.0.1", port=config["port"], log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
