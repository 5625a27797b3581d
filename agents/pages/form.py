"""The agent page's form: the schema joined with the draft's values and the engines' offers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from agents.engines import EngineMenu
from agents.fields import Field, Label
from agents.language_rows import languages_in
from agents.models import Draft
from agents.prompt import language_name
from agents.providers import service_offers
from agents.schema import DRAFT_FIELDS, LANGUAGES, NAME, SECTIONS
from agents.voices import voice_offers
from inference.cloning import is_clone


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    group: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True)
class BoundField:
    """A field with what it holds now. `template` draws it."""

    field: Field
    value: Any
    options: tuple[Option, ...] = ()
    columns: tuple[tuple[Field, tuple[Option, ...]], ...] = ()
    """Of rows of choices: each column with what it offers."""

    @property
    def template(self) -> str:
        if self.columns:
            return "agents/fields/choice_rows.html"
        return f"agents/fields/{self.field.widget}.html"


@dataclass(frozen=True, slots=True)
class BoundSection:
    key: str
    title: Label
    summary: Label
    fields: tuple[BoundField, ...]


def bind_form(draft: Draft, menu: EngineMenu) -> list[BoundSection]:
    """Every section with its fields, in order. Engine and voice are one drop-down: see `voice_options`."""
    workspace = draft.agent.workspace
    menu = replace(menu, services=service_offers(workspace), cloned=voice_offers(workspace))
    bound = [BoundField(NAME, draft.agent.name)]
    for name, field in DRAFT_FIELDS.items():
        if name != "voice_engine":  # drawn together with voice_name
            columns = _language_columns(draft, menu) if name == LANGUAGES.name else ()
            bound.append(BoundField(field, getattr(draft, name), _options(name, draft, menu), columns))
    return [
        BoundSection(
            section.key,
            section.title,
            section.summary,
            tuple(entry for entry in bound if entry.field.section == section.key),
        )
        for section in SECTIONS
    ]


def _options(name: str, draft: Draft, menu: EngineMenu) -> tuple[Option, ...]:
    match name:
        case "voice_name":
            return voice_options(draft, menu)
        case "chat_model":
            return _with_current(draft.chat_model, model_options(menu, draft.chat_model))
        case "transcriber":
            return _with_current(draft.transcriber, _named(menu, menu.transcribers()))
        case "stand_in":
            services = [Option(service.engine, service.name) for service in menu.services]
            return _with_current(draft.stand_in, [Option("", _("the worker's own models")), *services])
        case "language":
            return _with_current(draft.language, [Option(code, label) for code, label in menu.languages()])
        case "after_call":
            return _steps(draft)
    return ()


def _language_columns(draft: Draft, menu: EngineMenu) -> tuple[tuple[Field, tuple[Option, ...]], ...]:
    """What each column offers; languages that are chosen stay on offer while their recogniser is not running."""
    language, voice = LANGUAGES.columns
    offered = dict(menu.languages())
    chosen = {code: language_name(code) for code in languages_in(draft.languages) if code and code not in offered}
    languages = [Option("", _("Choose…")), *(Option(code, label) for code, label in (offered | chosen).items())]
    voices = voice_choices(menu)
    return (language, tuple(languages)), (voice, (Option("", _("The same voice")), *voices))


def _steps(draft: Draft) -> tuple[Option, ...]:
    """Names of the flow's nodes: what an outcome may be decided by."""
    flow = draft.flow or {}
    graphs = (flow, *flow.get("flows", ()))
    names = (node.get("name") or node["id"] for graph in graphs for node in graph.get("nodes", ()))
    return tuple(Option(name, name) for name in dict.fromkeys(names))


def voice_choices(menu: EngineMenu) -> list[Option]:
    """One option a voice, grouped by engine; the value is "engine/voice"."""
    return [
        Option(f"{engine}/{voice}", menu.voice_shown(voice), group=menu.shown(engine))
        for engine, voice in menu.voices()
    ]


def voice_options(draft: Draft, menu: EngineMenu) -> tuple[Option, ...]:
    current, options = f"{draft.voice_engine}/{draft.voice_name}", voice_choices(menu)
    if is_clone(draft.voice_name) and current not in {option.value for option in options}:
        gone = not menu.has_clone(draft.voice_name)
        shown = _("a voice that was deleted") if gone else menu.voice_shown(draft.voice_name)
        label = shown if gone else _("%(name)s (not running now)") % {"name": shown}
        options = [Option(current, label), *options]
    return _with_current(current, options)


def model_options(menu: EngineMenu, current: str = "default") -> list[Option]:
    """Where workers run one model only it is the default, and has no second name unless it was chosen by it."""
    names = [model for model in menu.chat_models() if model != "default"]
    own = [model for model in names if menu.service(model) is None]
    if len(own) > 1:
        default = _("Default (of the worker that answers)")
    else:
        default = _("Default (%(model)s)") % {"model": own[0]} if own else _("Default")
        names = [model for model in names if model not in own or model == current]
    return [Option("default", default), *(Option(model, menu.shown(model)) for model in names)]


def _named(menu: EngineMenu, names: list[str]) -> list[Option]:
    return [Option(name, _("Default") if name == "default" else menu.shown(name)) for name in names]


def _with_current(current: str, options: list[Option]) -> tuple[Option, ...]:
    """The options with the current one selected; one that is not on offer any more stays visible."""
    if current not in {option.value for option in options}:
        name = language_name(current) if "/" not in current else current
        label = _("%(name)s (not running now)") % {"name": name}
        options = [Option(current, label), *options]
    return tuple(Option(o.value, o.label, o.group, o.value == current) for o in options)
