"""ik_llama.cpp through ctypes: weights, and one context in which many sequences have their KV cache.

The package `ik_llama_cpp` brings the library and the layout of its structures; what it leaves
unbound (sequences of the cache, their state as bytes) is bound here. Weights and
tokenising may be used from any thread, a context from one thread at a time.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from inference.engines.openmp import sleep_at_barriers
from inference.engines.sampling import Scores
from inference.errors import EngineError, EngineNotReady

BLOCK = 32
"""Cells in which the library counts how far its cache is filled."""
MENDINGS = 16
"""Times that gaps are closed before we give up; once is enough but for hundreds of gaps."""

_int = ctypes.c_int32
_pointer = ctypes.c_void_p
_bytes = ctypes.c_char_p
_ints = ctypes.POINTER(ctypes.c_int32)
_LOG_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


class _View(ctypes.Structure):
    """llama_kv_cache_view: what lies in each cell."""

    _fields_ = (
        ("n_cells", _int),
        ("n_seq_max", _int),
        ("token_count", _int),
        ("used_cells", _int),
        ("max_contiguous", _int),
        ("max_contiguous_idx", _int),
        ("positions", _ints),
        ("sequences", _ints),
    )


_SIGNATURES: dict[str, tuple[list[Any], Any]] = {
    "llama_get_logits_ith": ([_pointer, _int], ctypes.POINTER(ctypes.c_float)),
    "llama_get_kv_cache_used_cells": ([_pointer], _int),
    "llama_kv_cache_defrag": ([_pointer], None),
    "llama_kv_cache_seq_cp": ([_pointer, _int, _int, _int, _int], None),
    "llama_kv_cache_seq_rm": ([_pointer, _int, _int, _int], ctypes.c_bool),
    "llama_kv_cache_update": ([_pointer], _int),
    "llama_kv_cache_view_free": ([_pointer], None),
    "llama_kv_cache_view_init": ([_pointer, _int], _View),
    "llama_kv_cache_view_update": ([_pointer, _pointer], None),
    "llama_log_set": ([_LOG_CALLBACK, _pointer], None),
    "llama_model_meta_val_str": ([_pointer, _bytes, _bytes, ctypes.c_size_t], _int),
    "llama_n_ctx_train": ([_pointer], _int),
    "llama_n_vocab": ([_pointer], _int),
    "llama_state_seq_get_data": ([_pointer, _bytes, ctypes.c_size_t, _int, ctypes.c_uint32], ctypes.c_size_t),
    "llama_state_seq_get_size": ([_pointer, _int, ctypes.c_uint32], ctypes.c_size_t),
    "llama_state_seq_set_data": ([_pointer, _bytes, ctypes.c_size_t, _int, ctypes.c_uint32], ctypes.c_size_t),
    "llama_token_bos": ([_pointer], _int),
    "llama_token_eos": ([_pointer], _int),
    "llama_token_is_eog": ([_pointer, _int], ctypes.c_bool),
    "llama_token_to_piece": ([_pointer, _int, _bytes, _int, _int, ctypes.c_bool], _int),
    "llama_tokenize": ([_pointer, _bytes, _int, _ints, _int, ctypes.c_bool, ctypes.c_bool], _int),
}


@cache
def _api() -> Any:
    """The package's bindings, with ours added. Raises EngineNotReady where the library does not load."""
    sleep_at_barriers()
    try:
        api = import_module("ik_llama_cpp._ctypes_api")
    except (ImportError, OSError) as error:
        raise EngineNotReady(f"ik_llama.cpp does not load here: {error}") from error
    for name, (arguments, result) in _SIGNATURES.items():
        function = getattr(api._lib, name)
        function.argtypes, function.restype = arguments, result
    api._lib.llama_log_set(_SILENCE, None)
    api.llama_backend_init()
    return api


def _say_nothing(_level: int, _text: bytes, _data: object) -> None:
    """The library tells its life on stderr; failures come back as codes."""


_SILENCE = _LOG_CALLBACK(_say_nothing)


def runs_here() -> bool:
    """Whether this machine can: the package is for 64-bit x86 Linux, its code needs AVX2 and FMA."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
        if not {"avx2", "fma", "f16c"} <= set(flags.split()):
            return False
        _api()
    except (OSError, EngineNotReady):
        return False
    return True


class Weights:
    """A GGUF file in memory, its rows packed for this processor. Blocking to make."""

    def __init__(self, path: str) -> None:
        if not Path(path).is_file():
            raise EngineNotReady(f"There are no weights of a language model at {path!r}.")
        api = _api()
        parameters = api.llama_model_default_params()
        # Packing is what makes reading a prompt twice as fast; packed rows cannot stay in the file's pages.
        parameters.repack_tensors, parameters.use_mmap = True, False
        self._api, self._lib = api, api._lib
        self.pointer = api.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self.pointer:
            raise EngineNotReady(f"ik_llama.cpp could not load {Path(path).name}: it is damaged or of an unknown kind.")
        self.vocabulary: int = api.llama_model_get_vocab(self.pointer)
        self.words: int = self._lib.llama_n_vocab(self.pointer)
        self.trained_context: int = self._lib.llama_n_ctx_train(self.pointer)
        self._pieces: dict[int, bytes] = {}

    def close(self) -> None:
        pointer, self.pointer = self.pointer, None
        if pointer:
            self._api.llama_free_model(pointer)

    def fact(self, key: str) -> str:
        """A value of the file's metadata, such as `tokenizer.chat_template`; "" when there is none."""
        size = self._lib.llama_model_meta_val_str(self.pointer, key.encode(), None, 0)
        if size < 0:
            return ""
        buffer = ctypes.create_string_buffer(size + 1)
        self._lib.llama_model_meta_val_str(self.pointer, key.encode(), buffer, size + 1)
        return buffer.value.decode("utf-8", "replace")

    def tokens(self, text: str) -> list[int]:
        """`text` with its control tokens read as such. Lone surrogates become question marks."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        buffer = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self.pointer, data, len(data), buffer, room, False, True)
        if count < 0:
            raise EngineError("The language model cannot read this text.")
        return buffer[:count]

    def piece(self, token: int) -> bytes:
        """What a token adds to the text; control tokens add nothing. May end within a character."""
        piece = self._pieces.get(token)
        if piece is None:
            buffer = ctypes.create_string_buffer(256)
            size = self._lib.llama_token_to_piece(self.pointer, token, buffer, 256, 0, False)
            piece = self._pieces[token] = buffer.raw[: max(0, size)]
        return piece

    def word(self, token: int) -> str:
        """A control token as the chat template writes it."""
        buffer = ctypes.create_string_buffer(256)
        size = self._lib.llama_token_to_piece(self.pointer, token, buffer, 256, 0, True)
        return buffer.raw[: max(0, size)].decode("utf-8", "replace")

    @property
    def begin(self) -> str:
        token = self._lib.llama_token_bos(self.pointer)
        return self.word(token) if token >= 0 else ""

    @property
    def end(self) -> str:
        token = self._lib.llama_token_eos(self.pointer)
        return self.word(token) if token >= 0 else ""

    def ends(self, token: int) -> bool:
        """Whether this token ends a reply."""
        return bool(self._lib.llama_token_is_eog(self.pointer, token))


class Context:
    """The KV cache of `cells` tokens that `sequences` share, and the computation over it.

    A token that several sequences have in common is kept, and was read, once.
    """

    def __init__(self, weights: Weights, *, cells: int, sequences: int, batch: int, threads: int) -> None:
        api = weights._api
        parameters = api.llama_context_default_params()
        parameters.n_ctx = self.cells = -(-cells // BLOCK) * BLOCK
        parameters.n_seq_max = self.sequences = sequences
        parameters.n_batch = parameters.n_ubatch = self.batch = batch
        parameters.n_threads = parameters.n_threads_batch = threads
        # Its flash attention gives wrong tokens when sequences lie between each other, and stops the
        # process on long prompts (docs/decisions/0009).
        parameters.flash_attn = False
        self._api, self._lib, self._words = api, api._lib, weights.words
        self._pointer = api.llama_init_from_model(weights.pointer, parameters)
        if not self._pointer:
            raise EngineNotReady(f"There is no memory for a KV cache of {cells} tokens.")
        self._batch = api.llama_batch_init(batch, 0, 1)
        self._view = self._lib.llama_kv_cache_view_init(self._pointer, 1)
        self._gaps = False

    def close(self) -> None:
        pointer, self._pointer = self._pointer, None
        if pointer:
            self._lib.llama_kv_cache_view_free(ctypes.byref(self._view))
            self._api.llama_batch_free(self._batch)
            self._api.llama_free(pointer)

    @property
    def used(self) -> int:
        """Cells that hold a token."""
        return int(self._lib.llama_get_kv_cache_used_cells(self._pointer))

    def read(self, rows: Sequence[tuple[int, int, int, bool]]) -> bool:
        """Compute (token, position, sequence, wanted) rows, at most `batch`. False: the cache has no room for them."""
        if self._gaps:
            self._mend()
        batch = self._batch
        batch.n_tokens = len(rows)
        for index, (token, position, sequence, wanted) in enumerate(rows):
            batch.token[index] = token
            batch.pos[index] = position
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = sequence
            batch.logits[index] = wanted
        code = self._api.llama_decode(self._pointer, batch)
        if code < 0:
            raise EngineError(f"The language model failed to compute (code {code}).")
        return int(code) == 0

    def logits(self, row: int) -> Scores:
        """One score per word of the vocabulary for a wanted row; valid until the next `read`."""
        return np.ctypeslib.as_array(self._lib.llama_get_logits_ith(self._pointer, row), (self._words,))

    def share(self, source: int, target: int, length: int) -> None:
        """Let `target` begin with the first `length` tokens of `source`."""
        self._lib.llama_kv_cache_seq_cp(self._pointer, source, target, 0, length)

    def cut(self, sequence: int, length: int) -> None:
        """Keep only the first `length` tokens."""
        before = self.used
        self._lib.llama_kv_cache_seq_rm(self._pointer, sequence, length, -1)
        self._gaps = self._gaps or self.used < before

    def compact(self) -> None:
        """Close the gaps between used cells."""
        self._lib.llama_kv_cache_defrag(self._pointer)
        self._lib.llama_kv_cache_update(self._pointer)

    def state(self, sequence: int) -> bytes:
        """The sequence's cache as bytes."""
        size = self._lib.llama_state_seq_get_size(self._pointer, sequence, 0)
        buffer = ctypes.create_string_buffer(size)
        written = self._lib.llama_state_seq_get_data(self._pointer, buffer, size, sequence, 0)
        return buffer.raw[:written]

    def restore(self, sequence: int, state: bytes) -> bool:
        """Put `state` into an empty sequence. False when it does not fit."""
        self._gaps = True
        return bool(self._lib.llama_state_seq_set_data(self._pointer, state, len(state), sequence, 0))

    def _mend(self) -> None:
        """Close gaps that would make the library compute without the tokens behind them (docs/decisions/0009).

        It takes the cache to end where the last cell of a block is used, and looks at the last cells
        only: tokens beyond a block whose last cell is free are left out, without a word.
        """
        for _ in range(MENDINGS):
            if self._end_is_seen():
                self._gaps = False
                return
            self.compact()
        raise EngineError("The gaps in the language model's cache could not be closed.")

    def _end_is_seen(self) -> bool:
        """Whether every block before the last used one has its last cell used."""
        self._lib.llama_kv_cache_view_update(self._pointer, ctypes.byref(self._view))
        used = np.ctypeslib.as_array(self._view.positions, (self._view.n_cells,)) >= 0
        ends = np.flatnonzero(used)
        return ends.size == 0 or bool(used[BLOCK - 1 : ends[-1] : BLOCK].all())
