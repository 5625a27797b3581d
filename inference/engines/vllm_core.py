"""vLLM itself: everything of the worker that imports it. What the engine needs of it is `Core`."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from inference.engines.vllm_settings import Settings, engine_arguments, environment
from inference.engines.vllm_stats import Step
from inference.errors import EngineError, EngineNotReady

log = logging.getLogger(__name__)

TOP_K = 40
TOP_P = 0.95
"""As in `sampling.py`: the same conversation draws from the same words on every engine."""


@dataclass(frozen=True, slots=True)
class Request:
    """`priority`: a smaller one goes first. `bound`: the field of StructuredOutputsParams, see `vllm_bound`."""

    tokens: Sequence[int]
    salt: str = ""
    priority: int = 0
    max_tokens: int = 1
    temperature: float = 0.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    bound: dict[str, Any] = field(default_factory=dict)
    marks: bool = False
    """Write control tokens out: some families mark tool calls with them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step, or several, added to a reply."""

    text: str
    tokens: tuple[int, ...]
    cached: int = 0
    """Tokens of the prompt that were in the cache."""
    queued: float = 0.0
    """Seconds from when vLLM had the request until it began to read."""
    finished: bool = False
    ended: bool = False
    """It is finished because the model had no more to say."""


class Words(Protocol):
    """The part of a tokenizer that is needed here."""

    chat_template: Any
    bos_token: str | None
    eos_token: str | None

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]: ...


class Core(Protocol):
    """A running vLLM."""

    words: Words
    cells: int
    """Tokens that the cache holds."""
    window: int

    def generate(self, request: Request) -> AsyncGenerator[Piece]:
        """Closed or cancelled, it has stopped computing when that returns. Raises EngineError."""

    async def sleep(self) -> None:
        """Weights to main memory; the cache is empty afterwards."""

    async def wake(self) -> None: ...
    async def close(self) -> None: ...


class Library:
    """vLLM's AsyncLLM as a `Core`. Its model runs in a process of its own that it starts and ends."""

    words: Words

    def __init__(self, engine: Any, *, greedy: bool = False) -> None:
        """`greedy`: the likeliest words whatever the temperature."""
        self._engine = engine
        self._greedy = greedy
        self.words = engine.get_tokenizer()
        cache = engine.vllm_config.cache_config
        self.cells = int(cache.num_gpu_blocks or 0) * int(cache.block_size)
        self.window = int(engine.model_config.max_model_len)
        self._number = 0

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        from vllm.exceptions import VLLMClientError
        from vllm.inputs import tokens_input
        from vllm.v1.engine.exceptions import EngineDeadError

        self._number += 1
        if self._greedy:
            request = replace(request, temperature=0.0)
        prompt = tokens_input(list(request.tokens), cache_salt=request.salt or None)
        finished = False
        try:
            outputs = self._engine.generate(
                prompt, _sampling(request), f"parley-{self._number}", priority=request.priority
            )
            async with aclosing(outputs):
                async for output in outputs:
                    finished = bool(output.finished)
                    yield _piece(output)
        except EngineDeadError as error:
            finished = True
            raise EngineNotReady("vLLM's process has ended.") from error
        except VLLMClientError as error:
            finished = True
            raise EngineError(f"vLLM does not take this request: {str(error)[:300]}", code="options") from error
        except EngineError:
            raise
        except Exception as error:  # what a library of this size raises is not known beforehand
            finished = True
            raise EngineError(f"vLLM failed: {type(error).__name__}: {str(error)[:300]}") from error
        finally:
            if not finished:
                await asyncio.shield(self._stopped())

    async def _stopped(self) -> None:
        """Wait until an abort that was sent has been carried out: messages are answered in order, between steps."""
        try:
            await self._engine.is_paused()
        except Exception as error:  # noqa: BLE001 - the process is gone: then nothing computes
            log.warning("vLLM did not answer after an abort: %s", error)

    async def sleep(self) -> None:
        await self._engine.sleep(level=1)

    async def wake(self) -> None:
        await self._engine.wake_up()

    async def close(self) -> None:
        handler, self._engine.output_handler = self._engine.output_handler, None
        if handler is not None:  # it would take the end of the process for a failure
            handler.cancel()
            await asyncio.gather(handler, return_exceptions=True)
        await asyncio.to_thread(self._engine.shutdown)


async def start(settings: Settings, *, path: str, capacity: int, told: Callable[[Step], None]) -> Core:
    """Load the model. `told` hears of every step. Raises EngineError, ImportError."""
    gpu = has_gpu()
    os.environ.update({name: os.environ.get(name, text) for name, text in environment(settings, gpu=gpu).items()})
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    from inference.engines.vllm_stats import logger_class

    try:
        arguments = AsyncEngineArgs(**engine_arguments(settings, path=path, capacity=capacity, gpu=gpu))
        # Not in a thread: it starts tasks on the event loop. A worker serves nobody while it loads.
        engine = AsyncLLM.from_engine_args(arguments, stat_loggers=[logger_class(told)])
    except (ValueError, TypeError, OSError, RuntimeError, AssertionError, NotImplementedError) as error:
        raise EngineError(f"vLLM could not load {path}: {str(error)[:500]}", code="engine_not_ready") from error
    greedy = bool(settings.speculative) and not gpu
    if greedy:  # vLLM 0.32 without Triton: drawing among words guessed ahead ends its process
        log.warning("Without a GPU, vLLM guesses ahead for the likeliest words only: temperatures count for nothing.")
    return Library(engine, greedy=greedy)


def has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _sampling(request: Request) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    drawn = request.temperature > 0
    return SamplingParams(
        temperature=request.temperature,
        top_p=TOP_P if drawn else 1.0,
        top_k=TOP_K if drawn else 0,
        max_tokens=request.max_tokens,
        seed=request.seed,
        stop=list(request.stop) or None,
        skip_special_tokens=not request.marks,
        output_kind=RequestOutputKind.DELTA,
        structured_outputs=StructuredOutputsParams(**request.bound) if request.bound else None,
    )


def _piece(output: Any) -> Piece:
    written, times = output.outputs[0], output.metrics
    queued = max(0.0, times.scheduled_ts - times.queued_ts) if times is not None and times.scheduled_ts else 0.0
    return Piece(
        text=written.text,
        tokens=tuple(written.token_ids),
        cached=int(output.num_cached_tokens or 0),
        queued=queued,
        finished=bool(output.finished),
        ended=written.finish_reason == "stop",
    )
