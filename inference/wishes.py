"""What callers want, however they say it: a small thesaurus between labels of paths and words of callers. English.

A path is named once ("wants to renew borrowed books"), callers say it in a hundred ways ("can I keep it longer?").
A `Wish` ties ways of saying to ways of naming; none belongs to one agent only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Wish:
    """`named`: how a path's label says it; `but`: labels that are about something else; `said`: how callers do."""

    named: re.Pattern[str]
    said: re.Pattern[str]
    but: re.Pattern[str] | None = None


def _wish(named: str, said: str, but: str = "") -> Wish:
    return Wish(re.compile(rf"\b(?:{named})\b"), re.compile(rf"\b(?:{said})"), re.compile(but) if but else None)


_ONE = (
    r"(?:appointment|booking|reservation|table|visit|slot|session|lesson|class|room|viewing|check-?up|spot|seat|place)"
)
_ME = r"(?:me|us|him|her|them|my \w+|our \w+|the (?:\w+ )?of us|\w+ of us|\w+ people|the (?:family|kids|children))"
_THING = r"(?:it|this|that|them|these|those|one|(?:the|my|your|some|this|that) \w+)"
_ITEM = r"(?:parcel|package|order|delivery|item|shipment|stuff|things?|present|gift|goods|box|post|letter)"
WISHES = {
    "arrange": _wish(
        rf"(?:make|book|reserve|arrange|schedule|get|set up|request)\b.{{0,25}}\b{_ONE}s?",
        rf"(?:(?:fit|squeeze|slot|pencil|book|put|get) {_ME} (?:in|down)\b|(?:book|reserve|schedule|arrange) "
        rf"|come (?:in|by|round|along|over|to (?:you|yours))\b.{{0,30}}\b(?:day|week|time|month|for|see|on)\b"
        rf"|(?:see|seen by|visit) (?:me|us|my \w+|him|her)\b|(?:soonest|earliest|next free|next available)\b"
        rf"|(?:get|be) (?:in|seen)\b|(?:see|seen by|visit) (?:a|the|your|doctor|dr) ?(?:doctor|dentist|vet|hygienist|specialist|\w+ist\b)?"
        rf"|(?:make|set up|arrange|get|have|take|fix|organi[sz]e) (?:a|an|another|some|my|our) (?:\w+ ){{0,2}}{_ONE}\b"
        rf"|(?:need|looking for|after|want|like|hoping for|get) (?:a|an|another|some) (?:\w+ ){{0,2}}{_ONE}\b"
        rf"|(?:table|room|space|places?|seats?|dinner|lunch|brunch|supper|breakfast|meal) for (?:\w+ ){{0,2}}"
        rf"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|people|tonight|tomorrow)\b"
        rf"|(?:eat|dine|have (?:dinner|lunch|a meal)) (?:at|with|in|there|here)\b"
        rf"|(?:got|have|is there|are there|any) (?:anything|something|any (?:free |open |available )?(?:tables?|slots?|times?|space|room|openings?)"
        rf"|space|room|openings?|(?:a )?(?:free )?(?:table|slot|gap))\b(?: \w+){{0,3}} (?:(?:on|at|around|for) (?:the |this |next )?"
        rf"(?:\w+day|weekend|\d+|noon|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)|this|next|free|left|available"
        rf"|tomorrow|today|tonight)\b|(?:coming|come) (?:for|to) (?:dinner|lunch|breakfast|supper)\b"
        rf"|(?:need|have|get|want|like|hoping to get) (?:my|our|the|his|her) \w+ "
        rf"(?:\w+ed|done|seen|cut|fixed|looked at|checked|serviced)\b"
        rf"|(?:have|get|take) (?:it|this|them) (?:looked at|checked|seen|done|fixed)\b|need (?:a |to see a )(?:dentist|doctor|vet)\b"
        rf"|(?:i'd|i would|we'd|we would|i want to|i wanna|i'd like to|can i|could i|can we) (?:just )?come (?:in|by|round)\b)",
        r"\b(?:cancel|move|change|already|existing|resched)",
    ),
    "change": _wish(
        rf"(?:cancel|move|change|reschedule|postpone|shift|rebook)\b.{{0,40}}\b{_ONE}s?",
        rf"(?:cancel\b|call (?:it )?off|reschedul|rebook|postpone|(?:push|move|shift|put) (?:it|that|this|mine|ours|(?:my|our|the) \w+) "
        rf"|(?:can't|cannot|can not|won't|couldn't|not able to|unable to|not going to|won't be able to|not gonna) "
        rf"(?:be able to )?(?:make (?:it|that|my|our|the)|come\b|be there|attend|keep (?:it|my|our|the))"
        rf"|(?:have|had|got|'ve|there is|there's)(?: got)? (?:a|an|my|our) (?:\w+ )?{_ONE}\b.{{0,60}}\b(?:but|late|change|more|fewer|less|"
        rf"instead|cancel|move|sick|ill|fever|stuck)\b"
        rf"|running (?:a bit |a little )?late|(?:i'll|we'll|i will|we will|going to) be (?:\w+ ){{0,4}}late\b"
        rf"|(?:fewer|more|less) of us\b|(?:booked|reserved)\b.{{0,50}}\bbut\b|already (?:booked|reserved|have)\b)",
    ),
    "renew": _wish(
        r"renew|extend|prolong|keep .{0,20}longer",
        rf"(?:renew|extend|prolong|extension|more time\b|longer with|(?:keep|have|need|borrow|hold|hang) (?:on to |onto )?{_THING}"
        rf"(?: \w+){{0,3}} (?:longer|more|another|for a bit|a while|a few more)|(?:hang|hold) (?:on to|onto) {_THING}"
        rf"|(?:haven't|not|hasn't|have not|didn't|never) (?:\w+ )?(?:finish|done (?:with|reading)|read)"
        rf"|due (?:back )?(?:tomorrow|today|soon|this|next|on|in)\b.{{0,60}}\b(?:not|n't|still|keep|longer|finish)"
        rf"|another (?:few )?(?:days?|weeks?|fortnight|month) (?:with|for|to)\b|need (?:it|them|more) (?:a bit |a little )?(?:longer|time))",
    ),
    "charge": _wish(
        r"fines?|fees?|charges?|bill(?:ing)?|invoices?|payments?|overcharged",
        r"(?:(?:over|double )?charged\b|billed\b|bill (?:for|is|was|says)|fined\b|(?:the|this|my|late) (?:fine|fee|bill|invoice|charge)\b"
        r"|(?:says?|said|claims?|told me|email|letter|message) (?:that )?(?:i|we) (?:owe|must pay|have to pay|need to pay|should pay)"
        r"|(?:i|we) owe\b|wants? (?:\w+ )?(?:dollars?|money|euros?|pounds?)|(?:took|taken|deducted|debited) .{0,20}"
        r"(?:twice|money|dollars|card|account)|(?:pay|paid|paying) (?:twice|for (?:it|something|nothing|a \w+ (?:i|we)))"
        r"|wrong (?:amount|bill|charge)|overdue notice)",
    ),
    "lost": _wish(
        r"lost|damaged?|missing",
        r"(?:(?:lost|misplaced|mislaid|damaged|ruined|destroyed|torn|tore|ripped|stolen|dropped|spilled|spilt|soaked|burnt|"
        r"chewed|ate|eaten|broke|broken)\b.{0,30}\b(?:book|card|dvd|film|item|disc|copy|page|cover)s?\b"
        r"|(?:book|card|dvd|film|disc|copy|it)s? (?:\w+ )?(?:is|are|was|were|got|has been|have been|went|fell|has|have) "
        r"(?:\w+ )?(?:lost|gone|missing|damaged|ruined|destroyed|wet|torn|stolen|soaked|misplaced)"
        r"|(?:can't|cannot|couldn't|could not|don't) find (?:the|one of|a|my|your) (?:\w+ )?(?:book|card|dvd|film|disc)"
        r"|left (?:it|one|a|the|my|your|some) .{0,25}(?:on|in|at) (?:the|a|my) (?:train|bus|plane|taxi|cab|tram|park|beach|hotel|"
        r"café|cafe|pub|airport|station|car))",
    ),
    "account": _wish(
        r"accounts?|log ?in|password|membership",
        r"(?:my account\b|log(?:ging)? ?in\b|sign(?:ing)? in\b|password|locked out|my membership|blocked\b.{0,20}\bcard|my card (?:is|was|has been|"
        r"doesn't|does not|isn't|got) (?:blocked|expired|work|working|rejected|declined))",
    ),
    "return": _wish(
        r"(?:send|give|bring|take|ship) .{0,20}\bback|returns?|refund|exchange",
        rf"(?:(?:send|give|bring|take|ship|sending|giving|bringing|mail) {_THING}(?: \w+)? back\b|(?:going|go) back\b"
        rf"|(?:i|we)(?:'d| would)? (?:like|want|need|have)(?: to)? (?:return|exchange|swap)\b|return (?:it|them|this|these|an?|the|my|something)\b"
        rf"|(?:get|give|want|like|have) (?:me )?(?:my |a |the )?(?:full )?(?:money back|refund)|refund (?:me|it|for|on)|reimburse"
        rf"|(?:don't|do not|didn't|doesn't|does not) (?:want|like|need|fit)\b.{{0,20}}\b(?:it|them|anymore|any more|after all|me)\b"
        rf"|(?:wrong|different) (?:size|colou?r|item|one|model|product|thing)\b|(?:too|way too) (?:small|big|large|tight|loose|short|long)\b"
        rf"|(?:arrived|came|turned up|it's|they're|it is|got here) (?:\w+ )?(?:broken|damaged|smashed|cracked|faulty|defective|in pieces))",
    ),
    "where": _wish(
        rf"where\b.{{0,40}}\b{_ITEM}s?|track\w*|order status|status of",
        rf"(?:where(?:'s| is| are|'re| has| have)\b.{{0,20}}\b(?:my|our|the|it)\b|(?:hasn't|haven't|has not|have not|not|never|didn't|did not|"
        rf"still no\w*)(?: \w+){{0,2}} (?:arrived?|come|came|turned up|shown up|showed up|delivered|got here|been delivered|received?|reached)\b"
        rf"|still (?:waiting|no sign|nothing)|waiting (?:for|on) (?:my|a|an|the|our|some)|(?:any|no) (?:sign|news|word|update) (?:of|on|about|from)"
        rf"|track(?:ing)?\b|when (?:will|is|does|do|are|can i expect)\b.{{0,30}}\b(?:come|coming|arrive|arriving|delivered|get here|be here|due|"
        rf"expect)|(?:check|know|find out|see)\b.{{0,25}}\b(?:where|status|on the way|{_ITEM})|what(?:'s| is| has)? (?:happened|happening|going on|up) (?:to|with) (?:my|the|our)"
        rf"|(?:ordered|bought)\b.{{0,60}}\b(?:ago|weeks?|days?|yet|still|haven't|nothing)|(?:lost|missing|late|delayed|overdue|another|other|second) {_ITEM}\b"
        rf"|status (?:of|on)|(?:is|has) (?:my|the|our) {_ITEM}|supposed to (?:come|arrive|be here|be delivered|get it))",
    ),
    "pain": _wish(
        r"hurts?|pain|bleed\w*|emergency|urgent",
        r"(?:(?:it|that|tooth|teeth|gums?|jaw|mouth|face|head|back|leg|arm|stomach|belly|throat|ear|eye|knee|foot|hand|everything) "
        r"(?:really |just |still |badly |so |is |are |'s |has been |absolutely |keeps? )*(?:hurt|ach|throb|kill|bleed|swell|swollen|burn|sting|pound)"
        r"|(?:in|such|so much|terrible|awful|horrible|severe|strong|bad|a lot of|unbearable|constant|much|sharp|big) (?:\w+ )?(?:pain|agony)"
        r"|agony|throbbing|killing me|hurts?\b|bleed|blood\b|swollen|swelling|unbearable|toothache|excruciating|painful|aching|emergency"
        r"|can't (?:sleep|eat|chew|stand)|(?:won't|hasn't|doesn't|not|never|can't) (?:stop|stopped|stopping) (?:bleed|hurt|ach|throb)|pain ?killers?)",
    ),
    "leave_alone": _wish(
        r"not to be called|(?:stop|off|remove|unsubscribe|do not|don't|not) .{0,20}\b(?:call|list|contact|ring)\w*|off the list",
        r"(?:(?:don't|do not|never|stop|quit|no more|not) (?:\w+ ){0,3}(?:call|ring|phone|contact|bother|disturb|pester|harass|dial|text)(?:s|ing)?\b"
        r"|(?:off|from) (?:of )?(?:your|the|this|that|any) (?:\w+ )?(?:list|database|register|records|system)|leave (?:me|us) (?:alone|in peace)"
        r"|unsubscribe|(?:delete|remove|erase|lose|strike|take) (?:my|our|me|us|this) (?:\w+ )?(?:number|name|details|data|off|from)"
        r"|(?:stop|enough)(?: with)? (?:these|the|your|this|those) calls?|sick of (?:these|the|your) calls?|cold calls?)",
    ),
    "complain": _wish(
        r"complain\w*|complaint|unhappy|dissatisfied",
        r"(?:complain|complaint|not (?:happy|satisfied|pleased|good enough)|unhappy|disappointed|disgusted|terrible service|rude\b|unacceptable"
        r"|fed up|outrageous|dissatisfied)",
    ),
    "buy": _wish(
        r"(?:buy|order|purchase|place an order|subscribe|sign up)",
        r"(?:(?:i|we)(?:'d| would)? (?:like|want|need|wanna) (?:to )?(?:buy|order|purchase|get|subscribe|sign up)\b|place an order|sign (?:me|us) up)",
        r"\bwhere\b|already|status|track",
    ),
    "repair": _wish(
        r"repair\w*|fix\w*|fault|not work\w*|technical|support|breakdown",
        r"(?:(?:isn't|is not|not|stopped|doesn't|does not|won't|quit) (?:\w+ )?(?:work|turn|start|switch|charg|connect|respond|load|heat|cool)\w*"
        r"|broken\b|broke (?:down)?|faulty|defective|out of order|crash\w*|leak\w*|(?:is|went|gone) (?:dead|down)\b|needs? (?:fixing|repairing|a repair))",
    ),
    "quote": _wish(
        r"quote|estimate|offer|price list", r"(?:quote|estimate|ballpark|how much (?:would|will|do) (?:it|you|that))\b"
    ),
    "results": _wish(r"results?", r"(?:results?\b|(?:test|lab|scan|x-?ray|blood) (?:\w+ )?(?:back|ready|in)\b)"),
    "prescription": _wish(
        r"prescriptions?|refill|medication", r"(?:prescription|refill|run(?:ning)? out of|medicine|medication|tablets|pills)\b"
    ),
    "job": _wish(r"jobs?|apply|applicant|vacanc\w+|career\w*", r"(?:job|vacanc|position|hiring|apply for|career|work for you|cv\b|résumé|resume\b)"),
}  # fmt: skip
_DENIES = re.compile(r"\b(?:not|no|never|nothing|without)\b|\w+n't\b")
_CLAUSE = re.compile(r"[,.;!?]|\bbut\b|\bso\b|\band\b|\bbecause\b")


@lru_cache(maxsize=1024)
def wishes_named(label: str) -> frozenset[str]:
    """The wishes that a path's label is for."""
    text = label.lower()
    return frozenset(
        name
        for name, wish in WISHES.items()
        if wish.named.search(text) and not (wish.but is not None and wish.but.search(text))
    )


def wishes_said(words: str) -> frozenset[str]:
    """The wishes in a caller's words, in lower case, less those that they deny ("I don't want to cancel")."""
    return frozenset(name for name, wish in WISHES.items() if any(_stands(words, m) for m in wish.said.finditer(words)))


def _stands(words: str, match: re.Match[str]) -> bool:
    clause = _CLAUSE.split(words[: match.start()])[-1]
    return _DENIES.search(clause) is None
