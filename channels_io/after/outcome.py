"""How it ended, how the caller felt, and whether it went without a person."""

from __future__ import annotations

from typing import Final

from agents.after_call import Outcome
from channels_io.after.asking import Asks, choose
from channels_io.after.material import Material
from channels_io.end_reasons import EndReason
from channels_io.models import Analysis

MOODS: Final = (
    (Analysis.Sentiment.NEUTRAL, "neutral: matter of fact, polite, neither glad nor annoyed"),
    (Analysis.Sentiment.POSITIVE, "content: thanks warmly, is glad or relieved"),
    (Analysis.Sentiment.NEGATIVE, "annoyed: complains, is angry, disappointed or gives up"),
)
NOT_SOLVED: Final = frozenset({"unresolved", "not_interested", "wrong_number", "voicemail"})
"""Reasons of an end node that say so."""
_COMPLAINS: Final = (
    "angry", "annoyed", "awful", "complain", "disappoint", "fed up", "furious", "not acceptable", "not good enough",
    "ridiculous", "terrible", "unacceptable", "upset", "useless", "waste of", "wasted", "worst", "frustrat", "outrage",
    "never again", "horrible", "rude", "disgust", "nonsense", "stupid", "too late", "not happy", "unhappy",
)  # fmt: skip
_GLAD: Final = (
    "amazing", "appreciate", "brilliant", "excellent", "fantastic", "glad", "great", "happy", "helpful", "kind of you",
    "love", "lovely", "nice", "perfect", "relie", "super", "thank you so much", "thanks so much", "thanks a lot",
    "very much", "wonderful", "wow", "you are the best",
)  # fmt: skip


def decided_outcome(material: Material) -> Outcome | None:
    """What the flow's own way says: the first of the list whose step was reached."""
    for outcome in material.settings.outcomes:
        if any(step.casefold() in material.reached for step in outcome.steps):
            return outcome
    return None


def find_outcome(material: Material, ask: Asks | None) -> Outcome | None:
    """None where there is nothing to choose from, or nobody to ask."""
    decided = decided_outcome(material)
    if decided is not None or ask is None:
        return decided
    offered = _offered(material)
    if len(offered) < 2:
        return offered[0] if offered else None
    lines = [f"{each.name}. {each.description}" if each.description else each.name for each in offered]
    chosen = choose(ask, "How did the conversation end for the caller? Choose the one that fits best.", lines)
    return offered[chosen] if chosen is not None else None


def _offered(material: Material) -> list[Outcome]:
    """Not what only a step decides that was not reached; nor a solution where the flow said that there was none."""
    outcomes = material.settings.outcomes
    free = [each for each in outcomes if not each.steps] or list(outcomes)
    if material.flow_end in NOT_SOLVED or material.end_reason == EndReason.SILENCE:
        free = [each for each in free if not each.solved] or free
    return free


def find_mood(material: Material, ask: Asks | None) -> str:
    """The model's choice, unless the caller has said the opposite in so many words."""
    heard = _mood_by_words(material)
    if ask is None:
        return heard
    question = "How does the caller feel at the end? Look only at the caller's own words."
    chosen = choose(ask, question, [words for _mood, words in MOODS])
    if chosen is None:
        return heard
    mood = MOODS[chosen][0].value
    return mood if heard in (mood, Analysis.Sentiment.NEUTRAL.value) else heard


def _mood_by_words(material: Material) -> str:
    words = material.caller_words.casefold()
    bad, good = sum(word in words for word in _COMPLAINS), sum(word in words for word in _GLAD)
    if bad and bad >= good:
        return Analysis.Sentiment.NEGATIVE.value
    return Analysis.Sentiment.POSITIVE.value if good else Analysis.Sentiment.NEUTRAL.value


def was_contained(material: Material, outcome: Outcome | None) -> bool:
    """Solved without a person: nobody had to come, nothing broke, and it counts as solved or the agent brought it to its end."""
    if material.handed_over or material.failed:
        return False
    if outcome is not None:
        return outcome.solved
    return material.end_reason == EndReason.AGENT_ENDED and material.flow_end not in NOT_SOLVED
