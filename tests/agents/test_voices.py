from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.engines import BUILT_IN, EngineMenu, EngineOffer
from agents.models import Agent
from agents.voices import agents_with_voice, sample_for, samples_for, voice_offers
from channels_io.models import Channel
from inference.spec import AgentSpec, LanguageSpec, VoiceSpec
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.support.agents import make_agent
from tests.support.flow_json import flow_of, node
from tests.support.voices import make_voice

XTTS = EngineOffer("coqui", "synthesizer", "xtts", languages=("en", "de"), voices=("ana",), clones=True)
MENU = EngineMenu((*BUILT_IN, XTTS), live=True)


def spec_of(workspace: Workspace, *voices: str) -> AgentSpec:
    agent = make_agent(workspace, name="Spoken")
    publish_agent(system_actor(workspace), agent, menu=MENU)
    spec = Agent.objects.select_related("published").get(pk=agent.pk).published.agent_spec()  # type: ignore[union-attr]
    first, *others = (VoiceSpec("coqui", voice) for voice in voices)
    rows = tuple(LanguageSpec(code, voice) for code, voice in zip(("de", "fr", "it"), others, strict=False))
    return msgspec.structs.replace(spec, voice=first, languages=rows)


@pytest.mark.django_db(transaction=True)
def test_a_conversation_is_given_the_samples_of_its_agents_voices(acme: Workspace, globex: Workspace) -> None:
    ann, ben, theirs = make_voice(acme), make_voice(acme, name="Ben", seed=2), make_voice(globex, name="Cat", seed=3)
    spec = spec_of(acme, ben.voice, "ana", ann.voice, theirs.voice)
    given = async_to_sync(samples_for)(spec)
    assert [sample.name for sample in given] == [ben.voice, ann.voice], "another workspace's is none of ours"
    assert given[0].wav == bytes(ben.sample)
    assert async_to_sync(samples_for)(spec_of(globex, "ana")) == ()


def test_an_agent_without_a_cloned_voice_costs_no_query(acme: Workspace) -> None:
    spec = spec_of(acme, "ana")
    with CaptureQueriesContext(connection) as asked:
        assert async_to_sync(samples_for)(spec) == ()
        assert sample_for(acme.public_id, "ana") is None
    assert len(asked) == 0


def test_a_sample_by_its_name(acme: Workspace, globex: Workspace) -> None:
    ann = make_voice(acme)
    found = sample_for(acme.public_id, ann.voice)
    assert found is not None
    assert found.name == ann.voice
    assert sample_for(globex.public_id, ann.voice) is None
    assert sample_for(acme.public_id, "clone:" + "0" * 32) is None


def test_who_uses_a_voice(acme: Workspace, globex: Workspace) -> None:
    voice, unused = make_voice(acme), make_voice(acme, name="Ben", seed=2)
    theirs = make_voice(globex)
    menu = replace(MENU, cloned=voice_offers(acme))
    chosen = {"voice_engine": "coqui", "voice_name": voice.voice}
    drafted = make_agent(acme, name="A drafted", **chosen)
    speaks = flow_of([node("language", language="de", voice=f"coqui/{voice.voice}"), node("end")])
    make_agent(acme, name="B flow", voice_engine="coqui", voice_name="ana", flow=speaks)
    make_agent(acme, name="C row", languages=[{"language": "de", "voice": f"coqui/{voice.voice}"}])
    live = make_agent(acme, name="D live", **chosen)
    kept = make_agent(acme, name="E kept", **chosen)
    for agent in (live, kept):
        publish_agent(system_actor(acme), agent, menu=menu)
        agent.refresh_from_db()
    Channel.objects.create(workspace=acme, kind="browser_voice", name="Old", agent=kept, version=kept.published)
    old = make_agent(acme, name="F old", **chosen)
    publish_agent(system_actor(acme), old, menu=menu)
    for agent in (live, kept, old):
        agent.draft.refresh_from_db()
        edit_draft(system_actor(acme), agent, {"voice_engine": "hibari", "voice_name": "heart"}, revision=2)
    for agent in (kept, old):
        publish_agent(system_actor(acme), agent, menu=menu)
    make_agent(acme, name="G none")
    assert [agent.name for agent in agents_with_voice(voice)] == ["A drafted", "B flow", "C row", "D live", "E kept"]
    assert drafted in agents_with_voice(voice)
    assert agents_with_voice(unused) == agents_with_voice(theirs) == []
