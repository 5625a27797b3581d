"""What is wrong with a voice that a draft names: the agent's own, one of a language, one of a flow's step. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _

from agents.engines import EngineMenu
from agents.problems import Problem, Severity
from inference.cloning import MOST_SAMPLES, is_clone

if TYPE_CHECKING:
    from agents.models import Draft


class Finding(NamedTuple):
    code: str
    message: str
    severity: Severity = "error"


def voice_finding(menu: EngineMenu, engine: str, voice: str) -> Finding | None:
    """None where the voice can be had."""
    if is_clone(voice):
        if not menu.has_clone(voice):
            return Finding("voice_gone", _("The voice that is chosen here was deleted. Choose another."))
        if not menu.clones_with(engine):
            named = {"engine": menu.shown(engine), "voice": menu.voice_shown(voice)}
            message = _("“%(engine)s” cannot speak as “%(voice)s”: a cloned voice needs an engine that clones.")
            return Finding("voice_not_cloned", message % named)
    elif not menu.knows_voice(engine, voice):
        message = _("There is no voice “%(voice)s” in “%(engine)s”. Choose one from the list.")
        return Finding("voice_unknown", message % {"voice": voice, "engine": engine})
    if not menu.offers_voice(engine, voice):
        message = _("The worker that is running does not offer “%(voice)s”; its own voice will speak instead.")
        return Finding("voice_not_running", message % {"voice": menu.voice_shown(voice)}, "warning")
    return None


def count_problems(draft: Draft, flow: Mapping[str, Any]) -> Iterator[Problem]:
    """A conversation brings no more than so many samples. `flow`: the draft's, as it is stored."""
    graphs = (flow, *flow.get("flows", ()))
    values = [node.get("values") for graph in graphs for node in graph.get("nodes", ())]
    steps = [str(each.get("voice", "")) for each in values if isinstance(each, Mapping)]
    chosen = [draft.voice_name, *(str(row["voice"]) for row in draft.languages), *steps]
    clones = {name for name in (voice.rpartition("/")[2] for voice in chosen) if is_clone(name)}
    if len(clones) > MOST_SAMPLES:
        message = _("An agent speaks in at most %(limit)d cloned voices; this one names %(count)d.")
        yield Problem("", "languages", "too_many_voices", message % {"limit": MOST_SAMPLES, "count": len(clones)})
