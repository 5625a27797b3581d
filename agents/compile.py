"""Draft → AgentSpec, or every problem that stands in the way, tied to its node and field.

Pure: no database query, no network, no clock. The same draft in the same surroundings gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _

from agents.compile_flow import compile_flow
from agents.engines import EngineMenu
from agents.fields import Refused
from agents.flow_field import FLOW
from agents.graph import PLAIN_GOAL, read_flow
from agents.language_rows import (
    LANGUAGE_FORM,
    language_problems,
    languages_in,
    may_change_language,
    not_spoken,
    split_voice,
)
from agents.lint import flow_problems
from agents.lint.scene import Setting
from agents.problems import CompileError, Problem
from agents.prompt import HEAD_TOKENS, LONG_HEAD_TOKENS, build_head, head_tokens
from agents.schema import AGENT_FIELDS, INSTRUCTIONS, NAME
from agents.surroundings import Surroundings
from agents.voice_problems import count_problems, voice_finding
from inference.lending import is_lent
from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec, LanguageSpec, ModelSpec, Pronunciation, VoiceSpec

if TYPE_CHECKING:
    from agents.models import Draft


def compile_draft(
    draft: Draft, *, version: str = "draft", menu: EngineMenu | None = None, around: Surroundings | None = None
) -> AgentSpec:
    """The frozen data a conversation runs. `around` says which voices, models, tools and agents there are
    (`surroundings_of`), `menu` only the first two; without them the built-in list is used and there is nothing else.
    Raises CompileError with every error found."""
    around = around or (Surroundings(menu) if menu else Surroundings())
    errors = [problem for problem in find_problems(draft, around=around) if problem.severity == "error"]
    if errors:
        raise CompileError(errors)
    workspace = draft.agent.workspace
    return AgentSpec(
        agent=draft.agent.public_id,
        version=version,
        workspace=workspace.public_id,
        name=draft.agent.name,
        flow=compiled_flow(draft, around),
        instructions=build_head(
            draft.persona, draft.instructions, draft.language, others=may_change_language(draft.languages, draft.flow)
        ),
        greeting=spoken_greeting(draft),
        language=draft.language,
        voice=_voice(draft, draft.language, "", around.menu),
        languages=tuple(
            LanguageSpec(row["language"], _voice(draft, row["language"], row["voice"], around.menu))
            for row in draft.languages
        ),
        notices_language=bool(draft.notices_language and draft.languages),
        models=ModelSpec(
            chat=draft.chat_model,
            transcriber=draft.transcriber,
            chat_then=_stand_in(draft, draft.chat_model, around.menu, "chat"),
            transcriber_then=_stand_in(draft, draft.transcriber, around.menu, "transcriber"),
            temperature=float(draft.temperature),
            max_tokens=int(draft.max_tokens),
        ),
        hints=tuple(draft.hints),
        pronunciations=tuple(Pronunciation(row["written"], row["spoken"]) for row in draft.pronunciations),
        zone=workspace.timezone,
        recording=draft.record_audio,
    )


def _voice(draft: Draft, language: str, chosen: str, menu: EngineMenu) -> VoiceSpec:
    """`chosen`: "engine/name"; empty: the agent's own."""
    engine, name = split_voice(chosen) if chosen else (draft.voice_engine, draft.voice_name)
    return VoiceSpec(
        engine=engine,
        name=name,
        speed=float(draft.voice_speed),
        language=language,
        then=_stand_in(draft, engine, menu, "voice"),
    )


def _stand_in(
    draft: Draft, engine: str, menu: EngineMenu, role: Literal["chat", "transcriber", "voice"]
) -> tuple[str, ...]:
    """Who is asked next where a service is asked first, and can do that."""
    service = menu.service(draft.stand_in)
    if not is_lent(engine) or service is None or service.engine == engine:
        return ()
    able = {"chat": service.chat, "transcriber": service.transcriber, "voice": bool(service.voices)}[role]
    return (service.engine,) if able else ()


def compiled_flow(draft: Draft, around: Surroundings) -> FlowSpec:
    """A plain agent's only goal stands in the byte-stable head of the prompt, shared by all its calls, so its node
    adds nothing of its own."""
    if not draft.flow:
        return FlowSpec(start=PLAIN_GOAL, nodes=(GoalNode(id=PLAIN_GOAL, prompt=""),))
    return compile_flow(read_flow(FLOW.store(draft.flow).value), around.tools)


def spoken_greeting(draft: Draft) -> str:
    """What is said first: the consent sentence when audio is recorded, then the greeting."""
    parts = [draft.consent if draft.record_audio else "", draft.greeting]
    return " ".join(" ".join(part.split()) for part in parts if part.strip())


def find_problems(draft: Draft, *, menu: EngineMenu | None = None, around: Surroundings | None = None) -> list[Problem]:
    """Errors and warnings: of the agent's fields in the order of the form, then of its flow."""
    around = around or (Surroundings(menu) if menu else Surroundings())
    problems = [Problem("", NAME.name, code, message) for code, message in NAME.check(draft.agent.name)]
    problems += [
        Problem("", field.name, code, message)
        for field in AGENT_FIELDS
        for code, message in field.check(getattr(draft, field.name))
    ]
    plain = not draft.flow
    instructions = INSTRUCTIONS if plain else replace(INSTRUCTIONS, required=False)
    home = PLAIN_GOAL if plain else ""
    problems += [Problem(home, "instructions", *finding) for finding in instructions.check(draft.instructions)]
    if not problems:  # the checks below read the values as what they should be
        problems += _check_together(draft, around.menu, home)
        problems += [] if plain else _check_flow(draft, around)
    elif not plain and isinstance(draft.instructions, str) and isinstance(draft.persona, str):
        problems += _check_flow(draft, around)
    return problems


def _check_flow(draft: Draft, around: Surroundings) -> list[Problem]:
    try:
        kept = FLOW.store(draft.flow).value
    except Refused as refused:
        return [Problem("", f"flow.{refused.path}".rstrip("."), refused.code, refused.message)]
    setting = Setting(
        agent=draft.agent.public_id,
        persona=draft.persona,
        instructions=draft.instructions,
        language=str(draft.language),
        voice_engine=str(draft.voice_engine),
        transcriber=str(draft.transcriber),
        around=around,
        languages=languages_in(draft.languages),
    )
    return flow_problems(read_flow(kept), setting)


def _readable_flow(draft: Draft) -> Mapping[str, Any]:
    """Empty where it is damaged: that is a problem of its own."""
    try:
        kept: Mapping[str, Any] = FLOW.store(draft.flow).value
    except Refused:
        return {}
    return kept


def _check_together(draft: Draft, menu: EngineMenu, home: str) -> Iterator[Problem]:
    """What no field can see alone."""
    yield from _check_head(draft, home)
    yield from _check_opening(draft)
    yield from _check_engines(draft, menu)
    yield from language_problems(draft, menu)
    yield from count_problems(draft, _readable_flow(draft))
    for row in draft.pronunciations:
        if row["written"].strip() == row["spoken"].strip():
            yield Problem(
                "",
                "pronunciations",
                "no_effect",
                _("“%(word)s” is spoken as it is written: this row changes nothing.") % {"word": row["written"][:40]},
                "warning",
            )


def _check_head(draft: Draft, home: str) -> Iterator[Problem]:
    tokens = head_tokens(draft.persona, draft.instructions, draft.language)
    if tokens > HEAD_TOKENS:
        yield Problem(
            home,
            "instructions",
            "prompt_too_long",
            _(
                "Persona and instructions take about %(tokens)d tokens; at most %(limit)d fit beside a conversation. "
                "Keep the facts callers ask for and cut the rest."
            )
            % {"tokens": tokens, "limit": HEAD_TOKENS},
        )
    elif tokens > LONG_HEAD_TOKENS:
        yield Problem(
            home,
            "instructions",
            "prompt_long",
            _(
                "Persona and instructions take about %(tokens)d tokens. From %(limit)d on small models begin to "
                "overlook facts."
            )
            % {"tokens": tokens, "limit": LONG_HEAD_TOKENS},
            "warning",
        )


def _check_opening(draft: Draft) -> Iterator[Problem]:
    if draft.record_audio and not draft.consent.strip():
        yield Problem(
            "",
            "consent",
            "consent_missing",
            _("Recording is on: write the sentence that tells callers so, or turn recording off."),
        )
    if not draft.greeting.strip():
        yield Problem(
            "",
            "greeting",
            "greeting_empty",
            _("Without a greeting the caller hears silence and must speak first."),
            "warning",
        )
    elif len(draft.greeting) > 200:
        yield Problem(
            "",
            "greeting",
            "greeting_long",
            _("The greeting takes about %(seconds)d seconds to say. Callers like less than ten.")
            % {"seconds": round(len(draft.greeting) / 15)},
            "warning",
        )


def _check_engines(draft: Draft, menu: EngineMenu) -> Iterator[Problem]:
    if not LANGUAGE_FORM.fullmatch(draft.language):
        yield Problem("", "language", "language_unknown", _("Choose a language from the list."))
    elif not menu.hears(draft.language, draft.transcriber):
        yield Problem(
            "",
            "language",
            "language_not_heard",
            _("The recogniser that is running does not understand %(language)s. It will hear English words.")
            % {"language": draft.language},
            "warning",
        )
    if finding := voice_finding(menu, draft.voice_engine, draft.voice_name):
        yield Problem("", "voice_name", *finding)
    elif not menu.speaks(draft.language, draft.voice_engine):
        yield not_spoken("voice_name", draft.language, menu.shown(draft.voice_engine))
    for name, value in (
        ("chat_model", draft.chat_model),
        ("transcriber", draft.transcriber),
        ("stand_in", draft.stand_in),
    ):
        if is_lent(value) and menu.service(value) is None:
            yield Problem(
                "", name, "service_gone", _("The service that is chosen here is not there any more. Choose another.")
            )
    if not is_lent(draft.transcriber) and not menu.knows_transcriber(draft.transcriber):
        yield Problem(
            "",
            "transcriber",
            "model_unknown",
            _("No worker runs the recogniser “%(model)s”. Choose one from the list.") % {"model": draft.transcriber},
        )
    elif (service := menu.service(draft.transcriber)) is not None and not service.transcriber:
        yield Problem(
            "",
            "transcriber",
            "service_cannot",
            _("The service “%(name)s” does not recognise speech.") % {"name": service.name},
        )
    if (service := menu.service(draft.chat_model)) is not None and not service.chat:
        yield Problem(
            "",
            "chat_model",
            "service_cannot",
            _("The service “%(name)s” has no language model.") % {"name": service.name},
        )
    elif not is_lent(draft.chat_model) and not menu.knows_model(draft.chat_model):
        yield Problem(
            "",
            "chat_model",
            "model_unknown",
            _("No worker runs the language model “%(model)s”. Choose one from the list.") % {"model": draft.chat_model},
        )
