"""What needs no model: goodbyes, the wish for a person, plain questions. English; in other languages nothing is obvious.

A small model asked to choose among statements takes "How much is a filling?" for a wish as often as not. Where the
words leave no doubt they decide, at once; where they only rule out some of the statements, the model is asked about
the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inference.normalize.vocabulary import word_set
from inference.wishes import wishes_named, wishes_said

_FAREWELL_LABEL = re.compile(
    r"\b(?:good-?bye|bye|no (?:more|other|further) questions?|nothing (?:more|else)|is (?:done|finished)|that is all)\b"
)
_PERSON = (
    r"(?:person|people|human|humans|somebody|someone|anybody|anyone|nobody|agent|representative|operator|manager|"
    r"colleagues?|librarians?|doctors?|nurses?|staff|engineers?|advis[eo]rs?|team|receptionists?|secretary|boss|"
    r"supervisors?|owner|chef|specialists?|technicians?|clerks?|assistants?|lady|ladies|gentleman|guys?)"
)
_PERSON_LABEL = re.compile(rf"\b(?:speak|talk|person|human|operator|transferred)\b.*\b{_PERSON}\b|\b(?:person|human)\b")
_QUESTION_WORDS = frozenset({"what", "when", "where", "which", "who", "why", "how"})
_ASKING_LABEL = re.compile(
    r"^(?:the )?(?:caller )?(?:asks?|is asking|wants? to know|wonders?)\W+"
    r"(what|when|where|which|who|why|how|whether|if|about|for|a question)\b"
)
_ONLY_ASKS = re.compile(
    r"\b(?:just|only) (?:wanted|want|wished|like) to (?:know|ask)\b|\bi(?:'m| am) just (?:asking|curious)\b"
)
_GREETING = re.compile(
    r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|is this|are you there|can you hear me)\b"
)
_WANTS_PERSON = re.compile(
    rf"\b(?:speak|talk|chat|complain|a word|connect me|put me through|transfer me|pass me)\b(?:\W+\w+){{0,5}}?\W+(?:{_PERSON})\b"
    rf"|\b(?:get|get me|get hold of|reach|give me|want|prefer|need)\W+(?:(?:a|an|any|the|your|some|to|real|actual|live|human|proper)\W+)*"
    rf"{_PERSON}\b(?! (?:to|who) (?:look|see|check|fix|clean|come|install))"
    rf"|\b{_PERSON}\b(?:\W+\w+){{0,4}}?\W+(?:(?:speak|talk|chat) (?:to|with)|a word with)\b"
    rf"|\b(?:real|actual|live|human) (?:{_PERSON}|being)\b|^\W*(?:(?:just|a|an|the|your) )*{_PERSON}(?:\W+(?:please|now))*\W*$"
    rf"|(?<!when )(?<!where )(?<!time )\bis (?:there )?(?:an?|any|the|your|one of (?:the|your)) (?:\w+ )?{_PERSON} (?:there|around|in|available|free|here)\b"
    r"|\b(?:put me through|connect me|transfer me|hand me over)\b"
    r"|\b(?:talk|speak|talking|speaking|chat|deal|dealing) (?:to|with) (?:an?|the|this|your|some) (?:\w+ )?(?:robot|machine|bot|computer)\b"
    r"|\b(?:no|not an?|hate|stupid|bloody|damn) (?:\w+ )?(?:robots?|machines?|bots?)\b|\bis (?:there )?(?:nobody|anybody|anyone|someone|somebody)\b"
)
_SAYS_GOODBYE = re.compile(
    r"\b(?:good-?bye|bye|see you|good night|that(?:'s| is| was) (?:all|it|everything)|that would be all|nothing else|"
    r"no (?:more|other|further) questions?|(?:i'm|i am|we're|that's me|that's us) (?:good|fine|done|all set|sorted)|"
    r"i think i'm good|take care|ciao|cheerio|ta-?ta|so long|farewell|all the best|(?:talk|speak) (?:to you )?(?:soon|later)|"
    r"until (?:then|next time)|let you (?:go|get on)|(?:i|we)(?:'ve got| have| got| know|'ve) (?:all|everything|what) (?:i|we) "
    r"(?:need|needed|wanted)|answers? (?:all )?(?:my|our) questions?|(?:happy|satisfied|content) with that|"
    r"(?:i|we)(?:'ll| will) (?:wait|think (?:about it|it over)|call (?:you )?(?:back|again)|let you know|be in touch|"
    r"get back to you)|"
    r"have a (?:nice|good|great|lovely) (?:day|evening|one|weekend|night))\b"
)
_MORE = re.compile(r"\b(?:but|also|and (?:i|can|could|what|how|when|where)|one more|another)\b|\?")
_THANKS = word_set(
    "no nope nah not okay ok alright all right great perfect fine good super wonderful lovely excellent brilliant "
    "grand amazing fantastic awesome helpful mate dear sir madam pal bye fine clear kind most more it's been you've appreciate appreciated million bunch thanks thank you "
    "very so much a lot many cheers for now your help that is that's it was everything well then really kind of"
)
_REFUSES = frozenset({"no", "nope", "nah", "nothing", "not"})
_ANYTHING_ELSE = re.compile(r"\b(?:anything|something) else\b|\bany (?:other |more )?questions?\b|\bhelp you with\b")
_LEAD = (
    r"^(?:(?:so|and|but|well|okay|ok|sorry|um|uh|hi|hello|oh|wait|yes|yeah|great|thanks|hey|alright|then|excuse me|please"
    r"|good (?:morning|afternoon|evening|day)|(?:just )?(?:a |one )?(?:quick )?question)[,.:!]?\s+)*"
)
_ASKS_FACTS = re.compile(
    _LEAD + r"(?:(?:what|when|where|which|why|who|how)(?:'s|'re)?\b(?! about| now| if)"
    r"|(?:is|are|does|was|were|do you (?:take|accept|sell|know|charge|speak|offer|also|still|only|deliver|ship))\b)"
)
_AMOUNT = r"(?:(?:for|in|up to) )?how (?:long|many|much|often|late|far|big|large|old)\b"
_DUTY = r"(?:do|does|will|would|must|should) (?:i|we|you|they|it) (?:have to|need)\b"
_ASKS_AMOUNT = re.compile(_LEAD + rf"(?:{_AMOUNT}|{_DUTY})")
"""Who asks for an amount wants to know it, whatever they name: "how long can I send something back?". So does who
asks what they have to do."""
_THEN_ASKS = re.compile(
    r"\s(?:what|where|when|how|which|who) (?:is|are|do|does|can|could|should|would|will|much|many|long|far|late|early|often)\b"
    r"|\b(?:is it possible|am i allowed|are (?:we|you) allowed|is it (?:okay|ok|allowed|all right|alright)) (?:to|if|for)\b"
)
"""A question after an introduction that nothing sets off, as a transcript has it."""
_THEN_ASKS_AMOUNT = re.compile(rf"[,.;!?] (?:(?:and|but|so|then) )*(?:{_AMOUNT}|{_DUTY})")
_ASKS_HAVING = re.compile(_LEAD + r"(?:do|does|have) (?:you|they|the \w+)\b")
_WISHES = re.compile(
    r"\b(?:i|we|me|my|us)\b.*\b(?:want|like|need|have|book|come|get|cancel|move|change|return|send|speak|talk|see|make|"
    r"reserve|order|find|track)\b|\b(?:possible|available|(?<!-)free|left|there (?:a|any|anything|some))\b|\bmy\b"
)
_ASKS_ROUND = re.compile(
    r"\b(?:(?:can|could|would|will) you (?:please |just )?(?:tell me|say|explain|remind me)|do you know|any idea"
    r"|i(?:'d| would)? (?:just )?(?:like|love|want|wanted) to (?:know|ask)|i(?:'m| am| was) (?:just )?wondering)"
    r"(?: again)?,? (?:what|where|which|who|why|how)\b"
)
"""A question put politely: "can you tell me where you are?"."""
_ASKS_ANYTHING = re.compile(
    _LEAD + r"(?:what|when|where|which|why|who|how|is|are|am|was|does|do|did|has|have|should|must"
    r"|(?:can|could|may|might|will|would) (?!you\b)\w+)\b"
)
_ASKS_WHEN = re.compile(_LEAD + r"(?:what|when|which|how (?:soon|early))\b")
_HAVING_LABEL = re.compile(r"\b(?:already|existing|have made)\b")
_ONE = r"(?:appointment|booking|reservation|table|visit|slot)"
_HAS_ONE = re.compile(
    rf"\b(?:my|our|the) (?:\w+ )?{_ONE}\b|\b{_ONE} (?:that |which )?(?:i|we)(?:'ve| have| had| made)\b"
    rf"|\b(?:i|we)(?:'ve| have)? (?:already )?(?:got|have|had|made|booked|reserved) (?:a|an) {_ONE}\b"
    r"|\b(?:i'm|i am|we're|we are) (?:booked|meant to be|supposed to (?:be|come)|down for)\b"
)
"""Something was arranged before."""
_DENIES = re.compile(r"\b(?:not|no|never|nothing|without|instead|(?:do|does|did|is|are|was|ca|wo|have|has)n't)\b")
_NO_DENIAL = re.compile(r"\b(?:can't|cannot|can not|won't|doesn't|didn't) (?:make it|come|stop|work)\b")
_PLAIN = word_set(
    "about already also another answer anything asks back been call caller came come comes could does done else "
    "from gets give going have having hear help here into just know like look made make makes more much need "
    "needs nothing other over person please rather really said says some something somebody speak take talk tell "
    "than that their them then there they thing think this those time today tomorrow very want wants well were "
    "what when where which will with would your"
)
"""Words that name nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`option` when it is certain, None for none of them; else `left` are to be judged."""

    left: tuple[int, ...]
    option: int | None = None

    @property
    def certain(self) -> bool:
        return not self.left


def obvious(options: Sequence[str], words: str, asked: str, language: str) -> Verdict:
    """What `words`, said after the agent's line `asked`, leave of the options."""
    every = tuple(range(len(options)))
    said = " ".join(words.lower().replace("’", "'").split())
    if not language.lower().startswith("en") or not said:
        return Verdict(every)
    people = [index for index in every if _PERSON_LABEL.search(options[index].lower())]
    if people and _WANTS_PERSON.search(said):
        return Verdict((), people[0])
    ends = [index for index in every if _FAREWELL_LABEL.search(options[index].lower())]
    if ends and _is_goodbye(said, asked):
        return Verdict((), ends[0])
    if not re.sub(_GREETING, "", said).strip(" ,.!?"):
        return Verdict(())
    left = [index for index in every if index not in people and (index not in ends or not _MORE.search(said))]
    facts = _ASKS_FACTS.search(said) or _ONLY_ASKS.search(said)
    wished = _wished(options, left, said)
    when = "arrange" in wishes_said(said) and _ASKS_WHEN.search(said)
    if (_asks_amount(said) or _ASKS_ROUND.search(said) or (facts and not _WISHES.search(said))) and not when:
        return Verdict(_asking(options, left, said))
    if ends and _refuses_more(said, asked):
        return Verdict((), ends[0])
    named = _having(options, left, said) if _HAS_ONE.search(said) else None
    named = _named(options, left, said) if named is None and not (facts and not wished) else named
    if named is not None:
        return Verdict((), named)
    if len(wished) == 1:
        return Verdict((), wished[0])
    if wished:
        return Verdict(wished)
    if (_ASKS_ANYTHING.search(said) or _THEN_ASKS.search(said)) and all(
        index in ends or wishes_named(options[index]) for index in left
    ):
        return Verdict(_asking(options, left, said))
    having = _ASKS_HAVING.search(said) and not _WISHES.search(said)
    return Verdict(_asking(options, left, said) if facts or having else tuple(left))


def _asking(options: Sequence[str], left: Sequence[int], said: str) -> tuple[int, ...]:
    """Options that are a question themselves, and may be this one."""
    found = []
    for index in left:
        label = _ASKING_LABEL.search(options[index].lower())
        word = label[1] if label else None
        if label and (word not in _QUESTION_WORDS or word in said or _stems(options[index].lower()) & _stems(said)):
            found.append(index)
    return tuple(found)


def _named(options: Sequence[str], left: Sequence[int], said: str) -> int | None:
    """The one option that has a word of the caller's which no other has, if the caller does not deny it."""
    denied = _DENIES.search(_NO_DENIAL.sub(" ", said))
    there = _stems(said)
    stems = [_stems(option.lower()) for option in options]
    shared = {stem for index, one in enumerate(stems) for other in stems[:index] for stem in one & other}
    found = [index for index in left if (stems[index] - shared) & there]
    found = [index for index in found if not denied or _DENIES.search(options[index].lower())]
    return found[0] if len(found) == 1 else None


def _wished(options: Sequence[str], left: Sequence[int], said: str) -> tuple[int, ...]:
    """The options that are named for what the caller wants, in other words; of a wish and its change only the change."""
    wishes = wishes_said(said)
    wishes -= {"arrange"} if "change" in wishes else frozenset()
    return tuple(index for index in left if wishes & wishes_named(options[index])) if wishes else ()


def _stems(text: str) -> set[str]:
    words = (word for word in re.findall(r"[a-z]+", text) if len(word) > 3 and word not in _PLAIN)
    return {re.sub(r"(?:ing|ed|es|s)$", "", word)[:6] for word in words}


def _asks_amount(said: str) -> bool:
    """Also after what it is about ("if they took it back, how long do they keep it?"), unless that is a wish."""
    later = _THEN_ASKS_AMOUNT.search(said)
    return _ASKS_AMOUNT.search(said) is not None or (later is not None and not _WISHES.search(said[: later.start()]))


def _having(options: Sequence[str], left: Sequence[int], said: str) -> int | None:
    """The one option that is about something the caller has already: "a booking we have", "my appointment"."""
    found = [index for index in left if _HAVING_LABEL.search(options[index].lower())]
    return found[0] if len(found) == 1 and not said.endswith("?") else None


def _refuses_more(said: str, asked: str) -> bool:
    """ "Nah, it was just that", when asked whether there is anything else."""
    words = re.findall(r"[a-z']+", said)
    refuses = bool(words) and words[0] in _REFUSES and bool(_ANYTHING_ELSE.search(asked.lower()))
    return refuses and not _MORE.search(said) and not _WISHES.search(said)


def _is_goodbye(said: str, asked: str) -> bool:
    if _MORE.search(said):
        return False
    if _SAYS_GOODBYE.search(said):
        return True
    words = re.findall(r"[a-z']+", said)
    if not words or any(word not in _THANKS for word in words):
        return False
    thanks = not {"thanks", "thank", "cheers"}.isdisjoint(words)
    refuses = words[0] in _REFUSES and bool(_ANYTHING_ELSE.search(asked.lower()))
    return refuses or (thanks and not _ends_with_question(asked))


def _ends_with_question(asked: str) -> bool:
    return asked.rstrip().endswith("?") and not _ANYTHING_ELSE.search(asked.lower())
