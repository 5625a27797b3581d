"""A chat model as the conversations of one workspace see it: what they have read is found by no other's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

from inference.engines.base import ChatModel, ChatStream
from inference.events import Message


def in_workspace(model: ChatModel, workspace: str) -> ChatModel:
    """The model itself where it shares nothing between conversations but published agents' heads."""
    return InWorkspace(model, workspace) if model.info.by_workspace else model


class InWorkspace:
    """A `ChatModel`. Loading and closing are the shared model's own business."""

    def __init__(self, model: ChatModel, workspace: str) -> None:
        self._model: Any = model
        self._workspace = workspace
        self.info = model.info

    async def load(self) -> None:
        await self._model.load()

    async def close(self) -> None:
        await self._model.close()

    def stream(self, prefix: Sequence[Message] = ()) -> AbstractAsyncContextManager[ChatStream]:
        return cast(AbstractAsyncContextManager[ChatStream], self._model.stream(prefix, workspace=self._workspace))

    async def warm(self, prefix: Sequence[Message]) -> None:
        await self._model.warm(prefix, workspace=self._workspace)
