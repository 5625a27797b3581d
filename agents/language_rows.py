"""The other languages of an agent: rows of its draft, what is wrong with them, which voice they name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from agents.engines import EngineMenu
from agents.problems import Problem
from agents.prompt import language_name
from agents.voice_problems import voice_finding
from inference.lending import is_lent

if TYPE_CHECKING:
    from agents.models import Draft

LANGUAGE_FORM = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", re.ASCII)


def split_voice(chosen: str) -> tuple[str, str]:
    """ "engine/name" → both."""
    engine, _slash, name = chosen.partition("/")
    return engine, name


def languages_in(rows: object) -> tuple[str, ...]:
    """The languages of rows that may be damaged."""
    listed = rows if isinstance(rows, list) else []
    return tuple(str(row.get("language", "")) for row in listed if isinstance(row, Mapping))


def may_change_language(rows: object, flow: Mapping[str, Any]) -> bool:
    """Whether a conversation may go on in another language than it began in."""
    graphs = (flow, *flow.get("flows", ()))
    return bool(rows) or any(node.get("kind") == "language" for graph in graphs for node in graph.get("nodes", ()))


def language_problems(draft: Draft, menu: EngineMenu) -> Iterator[Problem]:
    """What no field can see alone."""
    for number, row in enumerate(draft.languages, start=1):
        for problem in _row_problems(draft, menu, row["language"], row["voice"]):
            message = _("Row %(row)d: %(message)s") % {"row": number, "message": problem.message}
            yield replace(problem, message=message)
    if not draft.notices_language:
        return
    if not draft.languages:
        message = _("The agent speaks one language: there is nothing to notice. Add another, or turn this off.")
        yield Problem("", "notices_language", "nothing_to_notice", message, "warning")
    elif is_lent(draft.transcriber):
        message = _("A service does not tell which language was spoken. Choose one of the worker's own recognisers.")
        yield Problem("", "notices_language", "not_noticed", message, "warning")


def _row_problems(draft: Draft, menu: EngineMenu, language: str, voice: str) -> Iterator[Problem]:
    if not LANGUAGE_FORM.fullmatch(language):
        yield Problem("", "languages", "language_unknown", _("Choose a language from the list."))
        return
    named = {"language": language_name(language)}
    if language == draft.language:
        message = _("%(language)s is the agent's own language. Take this row out.")
        yield Problem("", "languages", "repeated", message % named)
        return
    if not menu.hears(language, draft.transcriber):
        message = _("The recogniser that is running does not understand %(language)s. Choose one of several languages.")
        yield Problem("", "languages", "language_not_heard", message % named, "warning")
    engine, name = split_voice(voice) if voice else (draft.voice_engine, draft.voice_name)
    if voice and (finding := voice_finding(menu, engine, name)):
        yield Problem("", "languages", *finding)
    elif not menu.speaks(language, engine):
        yield not_spoken("languages", language, menu.shown(engine))


def not_spoken(field: str, language: str, engine: str) -> Problem:
    """The voice would read the words as those of a language that it knows."""
    message = _(
        "The voices of “%(engine)s” do not speak %(language)s. Choose another, or callers will hardly understand."
    )
    names = {"engine": engine, "language": language_name(language)}
    return Problem("", field, "language_not_spoken", message % names, "warning")
