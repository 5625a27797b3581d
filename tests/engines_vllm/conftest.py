"""vLLM for real, with a small model on the CPU: `make test-vllm`. Elsewhere there is nothing to collect here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec

import pytest

from inference.engines.vllm import VLLM
from tests.engines_vllm.support import SMALL, Steps

collect_ignore_glob = [] if find_spec("vllm") else ["test_*.py"]


@pytest.fixture(scope="session")
def path() -> str:
    from inference.catalogue.hugging_face import converted

    return str(converted("smollm2-135m"))


@pytest.fixture(scope="session")
async def model(path: str) -> AsyncIterator[VLLM]:
    """One for all tests: it takes half a minute to load. Its cache is small, so that it can be filled."""
    engine = VLLM(path=path, cache_tokens=1600, **SMALL)
    await engine.load()
    yield engine
    await engine.close()


@pytest.fixture
def steps(model: VLLM) -> Iterator[Steps]:
    steps = Steps()
    model.listeners.append(steps)
    yield steps
    model.listeners.remove(steps)
