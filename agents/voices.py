"""Cloned voices: which there are, who uses them, and the samples that workers are given."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError
from django.db.models import Q

from agents.engines import VoiceOffer
from agents.models import Agent, ClonedVoice, Version
from inference.cloning import MOST_SAMPLES, PREFIX, VoiceSample, is_clone
from inference.spec import AgentSpec, cloned_voices
from parley.accounts.models import Workspace

logger = logging.getLogger(__name__)


def voice_offers(workspace: Workspace) -> tuple[VoiceOffer, ...]:
    """What the workspace's agents may choose, where an engine clones."""
    rows = ClonedVoice.objects.of(workspace).only("digest", "name")
    return tuple(VoiceOffer(row.voice, row.name) for row in rows)


def agents_with_voice(voice: ClonedVoice) -> list[Agent]:
    """Agents whose draft, live version, or version that a channel is kept at, names the voice; archived ones too."""
    named = voice.voice  # No text holds it by chance.
    agents = Agent.objects.of(voice.workspace)
    running = {*agents.values_list("published", flat=True), *agents.values_list("channels__version", flat=True)}
    versions = Version.objects.of(voice.workspace).filter(pk__in=running - {None}, spec__contains=named)
    found = set(versions.values_list("agent", flat=True))
    listed = agents.select_related("draft").order_by("name", "pk")
    return [agent for agent in listed if agent.pk in found or named in json.dumps(agent.draft.content(), default=str)]


def sample_for(workspace: str, name: str) -> VoiceSample | None:
    """The sample of a cloned voice of this workspace (public id); None for every other voice, and one that is gone."""
    return next(iter(_samples(workspace, [name])), None) if is_clone(name) else None


async def samples_for(spec: AgentSpec) -> tuple[VoiceSample, ...]:
    """Of the cloned voices that the agent names. Those that are gone are left out: another voice then speaks."""
    names = cloned_voices(spec)[:MOST_SAMPLES]
    if not names:
        return ()
    try:
        found: tuple[VoiceSample, ...] = await database_sync_to_async(_samples)(spec.workspace, names)
    except (DatabaseError, InterfaceError):
        logger.warning("The voices of %s could not be looked up: another one speaks.", spec.agent)
        return ()
    return found


def _samples(workspace: str, names: Sequence[str]) -> tuple[VoiceSample, ...]:
    by_name: dict[str, VoiceSample] = {}
    wanted = Q()
    for name in names:
        wanted |= Q(digest__startswith=name.removeprefix(PREFIX))
    for row in ClonedVoice.objects.filter(wanted, workspace__public_id=workspace):
        by_name[row.voice] = VoiceSample(bytes(row.sample))
    for name in names:
        if name not in by_name:
            logger.warning("The voice %s is not there any more", name)
    return tuple(by_name[name] for name in names if name in by_name)
