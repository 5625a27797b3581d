"""Which language a conversation goes on in, from what was heard of it."""

from __future__ import annotations

import msgspec
import pytest

from inference.languages import (
    Noticing,
    Spoken,
    among,
    count_words,
    is_name,
    language_name,
    reads_in,
    spoken_by,
    spoken_in,
    to_notice,
)
from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec, LanguageSpec, VoiceSpec, lent_services, voices_of

SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    flow=FlowSpec("goal", (GoalNode("goal", ""),)),
    voice=VoiceSpec("hibari", "heart", language="en"),
    languages=(
        LanguageSpec("de", VoiceSpec("coqui", "anna", language="de", then=("provider:pv_2",))),
        LanguageSpec("pt-BR", VoiceSpec("provider:pv_1", "rosa", language="pt-BR")),
    ),
    notices_language=True,
)


def said(text: str, language: str = "de", probability: float = 0.95, seconds: float = 2.0) -> Spoken:
    return Spoken(text, language, probability, seconds)


SENTENCE = said("Ich möchte gerne einen Termin.")


# --- the agent's own ------------------------------------------------------------------------------


def test_each_language_has_its_voice_and_the_way_back_leads_to_the_agent_as_it_was() -> None:
    german = spoken_in(SPEC, "de")
    assert (german.language, german.voice.engine, german.voice.name) == ("de", "coqui", "anna")
    assert spoken_by(german) == ("de", "pt-BR", "en")
    assert spoken_in(SPEC, "en") == SPEC
    assert spoken_in(SPEC, "") == SPEC


def test_a_language_without_a_row_is_spoken_in_the_agents_own_voice() -> None:
    french = spoken_in(SPEC, "fr")
    assert french.voice == VoiceSpec("hibari", "heart", language="fr")
    assert spoken_in(SPEC, "fr", "bella").voice == VoiceSpec("hibari", "bella", language="fr")


@pytest.mark.parametrize(("asked", "voice"), [("pt", "rosa"), ("de-AT", "anna"), ("en-GB", "heart")])
def test_a_language_of_another_country_has_the_same_voice(asked: str, voice: str) -> None:
    spec = spoken_in(SPEC, asked)
    assert (spec.language, spec.voice.name, spec.voice.language) == (asked, voice, asked)


def test_it_is_told_among_the_agents_languages_where_somebody_is_to_look() -> None:
    assert to_notice(SPEC) == ("en", "de", "pt-BR")
    assert to_notice(spoken_in(SPEC, "de")) == ("de", "pt-BR", "en")
    assert to_notice(msgspec.structs.replace(SPEC, notices_language=False)) == ()
    assert to_notice(msgspec.structs.replace(SPEC, languages=())) == ()


def test_services_of_every_language_are_lent() -> None:
    assert [voice.name for voice in voices_of(SPEC)] == ["heart", "anna", "rosa"]
    assert lent_services(SPEC) == ("pv_2", "pv_1")


def test_names_for_a_model_to_read() -> None:
    assert [language_name(code) for code in ("de-AT", "pt", "xx")] == ["German", "Portuguese", "xx"]


# --- one utterance --------------------------------------------------------------------------------


def test_chances_of_the_agents_languages_add_up_to_one() -> None:
    found = among({"de": 0.3, "nl": 0.5, "en": 0.1, "pt": 0.0}, ("en", "de", "pt-BR"))
    assert found == pytest.approx({"en": 0.25, "de": 0.75, "pt-BR": 0.0})


def test_where_none_of_them_is_spoken_nothing_is_told() -> None:
    assert among({"pl": 0.9, "de": 0.08, "en": 0.01}, ("en", "de")) == {}


def test_of_two_languages_that_sound_alike_the_first_has_the_chance() -> None:
    assert among({"pt": 0.6, "en": 0.4}, ("pt-PT", "pt-BR", "en")) == pytest.approx({"pt-PT": 0.6, "en": 0.4})


@pytest.mark.parametrize(
    ("chances", "seconds", "language"),
    [
        ({"en": 0.2, "de": 0.8}, 2.0, "de"),
        ({"en": 0.2, "de": 0.8}, 1.0, "en"),
        ({"en": 0.45, "de": 0.55}, 3.0, "en"),
        ({"en": 0.6, "de": 0.4}, 3.0, "en"),
        ({}, 3.0, "en"),
    ],
)
def test_words_are_read_in_the_likeliest_language_where_there_is_enough_to_tell(
    chances: dict[str, float], seconds: float, language: str
) -> None:
    assert reads_in("en", chances, seconds) == language


@pytest.mark.parametrize(
    ("text", "words"), [("Ich möchte.", 2), ("4 9 1", 0), ("私は予約したいです", 4), ("", 0), ("Ja.", 1), ("A 4", 1)]
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize("text", ["Johann Sebastian Bach.", "Müller", "„Anna Schmidt“", "Jean-Pierre, Dubois"])
def test_a_few_words_with_capitals_may_be_a_name(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize("text", ["Ich heiße Bach.", "", "4 9", "Guten Tag Herr Doktor Müller", "مرحبا بك"])
def test_other_words_are_no_name(text: str) -> None:
    assert not is_name(text)


# --- a conversation -------------------------------------------------------------------------------


def test_one_clear_sentence_is_followed_at_once() -> None:
    assert Noticing().heard("en", SENTENCE) == "de"


@pytest.mark.parametrize(
    "spoken",
    [
        said("Ja."),
        said("Ja ja.", seconds=0.5),
        said("Johann Sebastian Bach."),
        said("4 9 1 2 3"),
        said("Ich möchte gerne einen Termin.", probability=0.5),
        said("I would like to book.", language="en"),
        said("Ich möchte gerne einen Termin.", language=""),
    ],
)
def test_what_is_no_reason_is_not_followed_and_not_when_said_again(spoken: Spoken) -> None:
    noticing = Noticing()
    assert [noticing.heard("en", spoken) for _ in range(3)] == ["en"] * 3


def test_two_likely_ones_in_a_row_are_followed() -> None:
    noticing = Noticing()
    likely = said("Einen Termin bitte.", probability=0.7, seconds=1.0)
    assert [noticing.heard("en", likely), noticing.heard("en", likely)] == ["en", "de"]


def test_two_likely_ones_with_something_else_between_them_are_not() -> None:
    noticing = Noticing()
    likely = said("Einen Termin bitte.", probability=0.7, seconds=1.0)
    turns = [likely, said("Okay then.", "en", 0.9, 0.8), likely]
    assert [noticing.heard("en", spoken) for spoken in turns] == ["en", "en", "en"]


def test_two_languages_that_are_alike_do_not_take_turns() -> None:
    noticing = Noticing()
    noticing.changed()
    back = said("Please speak English with me.", "en", 0.85, 2.0)
    assert [noticing.heard("de", back) for _ in range(2)] == ["de", "de"]
    assert noticing.heard("de", back) == "en"
    noticing.changed()
    assert noticing.heard("de", said("Please speak English with me.", "en", 0.95, 2.0)) == "en"


def test_asking_what_would_be_done_remembers_nothing() -> None:
    noticing = Noticing()
    likely = said("Einen Termin bitte.", probability=0.7, seconds=1.0)
    assert [noticing.next_language("en", likely) for _ in range(3)] == ["en"] * 3


def test_the_same_language_of_another_country_is_no_change() -> None:
    assert Noticing().heard("pt-PT", said("Eu gostaria de marcar.", "pt-BR")) == "pt-PT"
