"""Rows of the builder: data, constraints and reads. Writes are in `agents.actions`."""

from __future__ import annotations

from agents.models.agent import Agent
from agents.models.cloned_voice import ClonedVoice
from agents.models.draft import CONTENT_FIELDS, OLDER, Draft
from agents.models.draft_save import DraftSave
from agents.models.provider import Provider
from agents.models.secret import Secret
from agents.models.test_case import TestCase
from agents.models.tool import Tool
from agents.models.version import Version

__all__ = [
    "CONTENT_FIELDS",
    "OLDER",
    "Agent",
    "ClonedVoice",
    "Draft",
    "DraftSave",
    "Provider",
    "Secret",
    "TestCase",
    "Tool",
    "Version",
]
