from __future__ import annotations

from agents.models import Provider
from parley.accounts.models import Workspace


def make_provider(workspace: Workspace, *, name: str = "Cloud", **values: object) -> Provider:
    """A service without a key at an address of the public internet."""
    kept = {"url": "https://api.example.com/v1", "chat_model": "small", **values}
    return Provider.objects.create(workspace=workspace, name=name, **kept)
