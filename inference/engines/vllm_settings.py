"""What an operator sets of vLLM, and what that is in vLLM's own words. Pure.

Settings come from `PARLEY_ENGINE_CHAT="context=8192 seats=32 quantization=awq ..."`; docs/engines.md has the table.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

from inference.errors import UnknownEngine

DRAFTS = ("ngram", "ngram_gpu", "suffix", "draft_model", "eagle", "eagle3", "mtp", "medusa")
"""How words are guessed ahead. `ngram` and `suffix` take them from the prompt, the others from a second model."""
WITHOUT_MODEL = ("ngram", "ngram_gpu", "suffix", "mtp")
NGRAM_LONGEST = 5
NGRAM_SHORTEST = 2
SEATS_GPU = 64
SEATS_CPU = 4
CPU_CACHE_GB = 1
CPU_THREADS = 2


@dataclass(frozen=True, slots=True)
class Settings:
    context: int = 4096
    """Tokens of one conversation, its reply included."""
    seats: int = 0
    """Requests computed at once; 0: as many as voice conversations, at least 4."""
    queue: int = 0
    """Requests that may wait beyond the seats before the next is refused at once; 0: as many as seats."""
    block: int = 0
    """Tokens of one block of the cache: conversations share whole blocks. 0: 16, and 32 where there is no GPU."""
    batch_tokens: int = 0
    """Prompt tokens read in one step, of all requests together: what a running reply waits for. 0: vLLM's choice."""
    dtype: str = "auto"
    quantization: str = ""
    """awq, gptq, gptq_marlin, fp8, compressed-tensors, gguf (needs vLLM's plugin), ...; empty: as the weights say."""
    kv_dtype: str = "auto"
    """Type of the cache: `fp8` holds twice as many tokens."""
    gpu_memory: str | float = "0.85"
    """Part of the GPU's memory that vLLM takes: recognition and voice need the rest."""
    cache_gb: int = 0
    """Memory for the cache where there is no GPU."""
    cache_tokens: int = 0
    """Tokens that the cache holds; 0: as many as there is memory for."""
    threads: int = 0
    """Threads where there is no GPU; 0: 2."""
    tensor_parallel: int = 1
    """GPUs that share each layer."""
    eager: int = 1
    """1: no compilation, the quickest start. 0: CUDA graphs, faster steps; minutes at the first start."""
    speculative: str = ""
    """One of DRAFTS; empty: none."""
    draft: str = ""
    """Folder of the second model."""
    guesses: int = 4
    """Words guessed ahead in one step."""
    tools: str = "hermes"
    """How the model writes a tool call: `hermes` (Qwen and many others), or the name of one of vLLM's parsers."""
    tokenizer: str = ""
    """Folder of the tokenizer, where the weights have none (GGUF)."""
    template: str = ""
    """File of a chat template, where the model has none."""
    sleep_after: int = 0
    """Seconds without a request after which the weights move to main memory; 0: never. Needs a GPU."""
    offline: int = 1
    """0: vLLM may fetch what it lacks from a model hub."""

    @classmethod
    def of(cls, values: dict[str, str | int | float]) -> Self:
        """Raises TypeError for a name that is none, UnknownEngine for a value that cannot be."""
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise TypeError(f"vLLM has no setting {name!r}. Known: {', '.join(sorted(known))}.")
        settings = cls(**values)  # type: ignore[arg-type]  # checked next, field by field
        settings._check()
        return settings

    def _check(self) -> None:
        for field in fields(self):
            if field.type == "int" and not isinstance(getattr(self, field.name), int):
                raise UnknownEngine(f"vLLM's setting {field.name} is a whole number.")
        if self.speculative and self.speculative not in DRAFTS:
            raise UnknownEngine(f"speculative={self.speculative} is none of {', '.join(DRAFTS)}.")
        if self.speculative and self.speculative not in WITHOUT_MODEL and not self.draft:
            raise UnknownEngine(f"speculative={self.speculative} needs draft=FOLDER, the model that guesses.")
        try:
            share = float(self.gpu_memory)
        except ValueError:
            share = 0.0
        if not 0.0 < share <= 1.0:
            raise UnknownEngine("vLLM's setting gpu_memory is a part of the memory: above 0, at most 1.")

    def seats_for(self, capacity: int) -> int:
        """Requests computed at once by a worker of `capacity` voice conversations."""
        return self.seats or max(SEATS_CPU, min(SEATS_GPU, capacity))

    def limit_for(self, capacity: int) -> int:
        """Requests that are computed or wait: one more is refused."""
        seats = self.seats_for(capacity)
        return seats + (self.queue or seats)


def engine_arguments(settings: Settings, *, path: str, capacity: int, gpu: bool) -> dict[str, Any]:
    """Keyword arguments of vLLM's AsyncEngineArgs."""
    arguments: dict[str, Any] = {
        "model": path,
        "max_model_len": settings.context,
        "max_num_seqs": settings.seats_for(capacity),
        "dtype": settings.dtype,
        "kv_cache_dtype": settings.kv_dtype,
        "block_size": settings.block or (16 if gpu else 32),
        "enable_prefix_caching": True,
        # A live turn goes before a guess, a guess before what nobody waits for.
        "scheduling_policy": "priority",
        "enforce_eager": bool(settings.eager),
        "tensor_parallel_size": settings.tensor_parallel,
        "disable_log_stats": False,
        "structured_outputs_config": {"disable_any_whitespace": True, "backend": "xgrammar"},
    }
    if settings.cache_tokens:
        arguments["num_gpu_blocks_override"] = -(-settings.cache_tokens // arguments["block_size"])
    if gpu:
        arguments["gpu_memory_utilization"] = float(settings.gpu_memory)
        arguments["enable_sleep_mode"] = settings.sleep_after > 0
    if settings.batch_tokens:
        arguments["max_num_batched_tokens"] = settings.batch_tokens
    if settings.quantization:
        arguments["quantization"] = settings.quantization
    if settings.tokenizer:
        arguments["tokenizer"] = settings.tokenizer
    if settings.speculative:
        arguments["speculative_config"] = speculation(settings)
    return arguments


def speculation(settings: Settings) -> dict[str, Any]:
    """vLLM's speculative_config."""
    config: dict[str, Any] = {"method": settings.speculative, "num_speculative_tokens": settings.guesses}
    if settings.speculative.startswith("ngram"):
        config |= {"prompt_lookup_max": NGRAM_LONGEST, "prompt_lookup_min": NGRAM_SHORTEST}
    if settings.draft:
        config["model"] = settings.draft
    return config


def environment(settings: Settings, *, gpu: bool) -> dict[str, str]:
    """Variables that vLLM reads when it is imported and when its own process starts."""
    variables = {
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_LOGGING_LEVEL": "WARNING",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if settings.offline:
        variables |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    if not gpu:
        threads = str(settings.threads or CPU_THREADS)
        variables |= {
            "VLLM_CPU_KVCACHE_SPACE": str(settings.cache_gb or CPU_CACHE_GB),
            # Not bound to cores: recognition and the voice work on the same ones.
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "OMP_NUM_THREADS": threads,
        }
    return variables
