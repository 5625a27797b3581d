from __future__ import annotations

from django.db import transaction

from agents.models import ClonedVoice
from agents.voices import agents_with_voice
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def delete_voice(actor: Actor, voice: ClonedVoice) -> None:
    """Also while agents name it: who takes their consent back waits for nobody. Another voice of the engine then speaks
    for these agents, and their drafts say so."""
    require(actor, Permission.EDIT_AGENT)
    users = [agent.public_id for agent in agents_with_voice(voice)]
    audit(actor, "voice.deleted", voice, name=voice.name, speaker=voice.speaker, digest=voice.digest, agents=users)
    voice.delete()
