from __future__ import annotations

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from agents.actions import add_voice as adding
from agents.actions.add_voice import VoiceForm, add_voice
from agents.actions.delete_voice import delete_voice
from agents.actions.rename_voice import rename_voice
from agents.errors import ToolRefused
from agents.models import ClonedVoice
from agents.voice_consent import CURRENT, WORDINGS
from inference.cloning import MOST_SAMPLE_BYTES, clone_name
from parley.accounts.models import AuditEvent, User, Workspace
from parley.lib import sound, sound_decoder
from tests.support.agents import make_agent
from tests.support.cast import actor_for
from tests.support.voices import make_voice, talk, wav

WANTED = VoiceForm(name=" Front  desk ", speaker="Ann Other", language="de", licence="cpml", consent=CURRENT)


def refused(actor_user: User, wanted: VoiceForm, recording: bytes) -> list[tuple[str, str]]:
    with pytest.raises(ToolRefused) as caught:
        add_voice(actor_for(actor_user), wanted, recording)
    return [(field, code) for field, code, _message in caught.value.findings]


def test_a_voice_is_kept_with_its_consent(acme: Workspace, bob: User) -> None:
    voice = add_voice(actor_for(bob), WANTED, wav(talk(6, 16_000), 16_000))
    voice.refresh_from_db()
    assert (voice.workspace, voice.name, voice.speaker, voice.language) == (acme, "Front desk", "Ann Other", "de")
    assert (voice.consent_by, voice.consent_version, voice.consent_words) == (bob, CURRENT, WORDINGS[CURRENT])
    assert voice.licence == "cpml"
    assert voice.voice == clone_name(bytes(voice.sample))
    assert len(voice.sample) <= MOST_SAMPLE_BYTES
    assert 3 < voice.seconds <= 12
    event = AuditEvent.objects.get(verb="voice.added")
    assert (event.data["speaker"], event.data["consent"]) == ("Ann Other", CURRENT)


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        ({"name": "  "}, ("name", "required")),
        ({"name": "x" * 61}, ("name", "required")),
        ({"name": "a\x00b"}, ("name", "required")),
        ({"speaker": ""}, ("speaker", "required")),
        ({"language": "tlh"}, ("language", "unknown_choice")),
        ({"licence": ""}, ("licence", "unknown_choice")),
        ({"consent": 0}, ("consent", "consent_missing")),
        ({"consent": CURRENT + 1}, ("consent", "consent_missing")),
    ],
)
def test_what_has_to_be_said(acme: Workspace, bob: User, values: dict[str, object], finding: tuple[str, str]) -> None:
    assert refused(bob, replace(WANTED, **values), wav(talk(5))) == [finding]  # type: ignore[arg-type]
    assert not ClonedVoice.objects.exists()


@pytest.mark.parametrize(
    ("recording", "code"),
    [
        (wav(talk(2)), "too_short"),
        (wav(talk(40)), "too_long"),
        (wav(np.zeros(24_000 * 5, np.int16)), "too_quiet"),
        (b"", "not_audio"),
        (b"#EXTM3U\nhttp://10.0.0.1/x", "not_audio"),
    ],
)
def test_a_recording_that_is_none(acme: Workspace, bob: User, recording: bytes, code: str) -> None:
    assert refused(bob, WANTED, recording) == [("recording", code)]
    assert adding.refusal(code)


def test_a_file_of_any_size_is_not_read(acme: Workspace, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "MOST_BYTES", 1_000)
    assert refused(bob, WANTED, wav(talk(5))) == [("recording", "too_large")]


def test_where_nothing_but_wav_can_be_read_that_is_said(
    acme: Workspace, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = subprocess.CompletedProcess((), sound_decoder.NO_DECODER)
    monkeypatch.setattr(sound.subprocess, "run", lambda *_args, **_more: missing)
    assert refused(bob, WANTED, b"OggS" + bytes(1_000)) == [("recording", "no_decoder")]
    assert "WAV" in adding.refusal("no_decoder")
    assert add_voice(actor_for(bob), WANTED, wav(talk(5)))


def test_names_and_samples_are_there_once(acme: Workspace, globex: Workspace, bob: User, charlie: User) -> None:
    add_voice(actor_for(bob), WANTED, wav(talk(5)))
    assert refused(bob, WANTED, wav(talk(5, seed=2))) == [("name", "name_taken")]
    assert refused(bob, replace(WANTED, name="Other"), wav(talk(5))) == [("recording", "sample_known")]
    assert add_voice(actor_for(charlie), WANTED, wav(talk(5))).workspace == globex
    with pytest.raises(IntegrityError), transaction.atomic():
        make_voice(acme, name="Front desk", seed=7)


def test_there_are_so_many_and_no_more(acme: Workspace, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "MOST_VOICES", 1)
    make_voice(acme)
    assert refused(bob, WANTED, wav(talk(5, seed=2))) == [("", "too_many")]


def test_another_name(acme: Workspace, bob: User) -> None:
    voice, other = make_voice(acme), make_voice(acme, name="Ben", seed=2)
    rename_voice(actor_for(bob), voice, " Annie ")
    voice.refresh_from_db()
    assert voice.name == "Annie"
    assert AuditEvent.objects.get(verb="voice.renamed").data == {"name": "Annie", "before": "Ann"}
    with pytest.raises(ToolRefused):
        rename_voice(actor_for(bob), other, "Annie")
    rename_voice(actor_for(bob), voice, "Annie")
    assert AuditEvent.objects.filter(verb="voice.renamed").count() == 1


def test_a_voice_is_deleted_also_while_it_is_used(acme: Workspace, bob: User) -> None:
    voice = make_voice(acme)
    agent = make_agent(acme, voice_engine="coqui", voice_name=voice.voice)
    delete_voice(actor_for(bob), voice)
    assert not ClonedVoice.objects.exists()
    assert AuditEvent.objects.get(verb="voice.deleted").data["agents"] == [agent.public_id]


def test_who_may(acme: Workspace, oscar: User, vera: User) -> None:
    voice = make_voice(acme)
    for person in (oscar, vera):
        with pytest.raises(PermissionDenied):
            add_voice(actor_for(person), WANTED, wav(talk(5)))
        with pytest.raises(PermissionDenied):
            rename_voice(actor_for(person), voice, "x")
        with pytest.raises(PermissionDenied):
            delete_voice(actor_for(person), voice)
    assert ClonedVoice.objects.get().name == "Ann"
