"""A few words of other languages, as the English ones the rules know. What is not here is left to the model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

_ENGLISH_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_ENGLISH_MONTHS = "january february march april may june july august september october november december"
_ENGLISH_NUMBERS = "one two three four five six seven eight nine ten eleven twelve"

_DAYS = {
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
}
_MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
_NUMBERS = {
    "de": "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "it": "uno due tre quattro cinque sei sette otto nove dieci undici dodici",
    "nl": "een twee drie vier vijf zes zeven acht negen tien elf twaalf",
    "pt": "um dois três quatro cinco seis sete oito nove dez onze doze",
}
_OTHERS: dict[str, dict[str, str]] = {
    "de": {
        "heute": "today", "morgen": "tomorrow", "übermorgen": "day after tomorrow", "gestern": "yesterday",
        "nächsten": "next", "nächste": "next", "nächster": "next", "kommenden": "coming", "um": "at",
        "uhr": "o'clock",
        "halb": "half to", "viertel": "quarter", "nach": "past", "vor": "to", "mittags": "noon", "null": "zero",
        "in": "in", "tagen": "days", "wochen": "weeks", "woche": "week", "der": "the", "den": "the", "am": "on",
        "punkt": "dot", "ersten": "first", "zweiten": "second", "dritten": "third",
    },
    "fr": {
        "aujourd'hui": "today", "demain": "tomorrow", "hier": "yesterday",
        "prochain": "coming", "à": "at", "heures": "o'clock", "heure": "o'clock", "midi": "noon", "le": "the",
        "dans": "in", "jours": "days", "semaines": "weeks", "arobase": "at", "point": "dot", "zéro": "zero",
    },
    "es": {
        "hoy": "today", "mañana": "tomorrow", "ayer": "yesterday", "próximo": "next", "mediodía": "noon",
        "el": "the",
        "de": "of", "dentro": "in", "días": "days", "semanas": "weeks", "arroba": "at", "punto": "dot", "cero": "zero",
    },
    "it": {
        "oggi": "today", "domani": "tomorrow", "dopodomani": "day after tomorrow", "ieri": "yesterday",
        "prossimo": "next", "alle": "at", "mezzogiorno": "noon", "il": "the", "tra": "in", "giorni": "days",
        "settimane": "weeks", "chiocciola": "at", "punto": "dot", "zero": "zero",
    },
    "nl": {
        "vandaag": "today", "morgen": "tomorrow", "overmorgen": "day after tomorrow", "gisteren": "yesterday",
        "volgende": "next", "om": "at", "uur": "o'clock", "half": "half to", "kwart": "quarter", "over": "past",
        "voor": "to", "dagen": "days", "weken": "weeks", "apenstaartje": "at", "punt": "dot", "nul": "zero",
    },
    "pt": {
        "hoje": "today", "amanhã": "tomorrow", "ontem": "yesterday", "próxima": "next", "próximo": "next",
        "às": "at", "horas": "o'clock", "o": "the", "de": "of", "dias": "days",
        "semanas": "weeks", "arroba": "at", "ponto": "dot", "zero": "zero",
    },
}  # fmt: skip

YES: Mapping[str, frozenset[str]] = {
    "de": frozenset({"ja", "jawohl", "genau", "richtig", "stimmt", "gerne", "klar"}),
    "fr": frozenset({"oui", "ouais", "exactement", "correct", "d'accord"}),
    "es": frozenset({"sí", "si", "correcto", "exacto", "claro", "vale"}),
    "it": frozenset({"sì", "si", "esatto", "corretto", "certo", "va bene"}),
    "nl": frozenset({"ja", "jawel", "klopt", "juist", "graag"}),
    "pt": frozenset({"sim", "correto", "exato", "certo", "claro"}),
}
NO: Mapping[str, frozenset[str]] = {
    "de": frozenset({"nein", "nö", "nee", "falsch"}),
    "fr": frozenset({"non", "pas du tout", "faux"}),
    "es": frozenset({"no", "incorrecto"}),
    "it": frozenset({"no", "sbagliato"}),
    "nl": frozenset({"nee", "neen", "fout"}),
    "pt": frozenset({"não", "errado"}),
}


@lru_cache(maxsize=16)
def translations(language: str) -> Mapping[str, str]:
    """Lower-case word → English words, for a language tag; empty for a language that is not here."""
    tongue = language.split("-")[0].lower()
    if tongue not in _DAYS:
        return {}
    known = dict(_OTHERS[tongue])
    for table, english in ((_DAYS, _ENGLISH_DAYS), (_MONTHS, _ENGLISH_MONTHS), (_NUMBERS, _ENGLISH_NUMBERS)):
        for word, meaning in zip(table[tongue].lower().split(), english.split(), strict=True):
            known.setdefault(word.removesuffix("-feira"), meaning)
    return known


def day_and_month(weekday: int, month: int, language: str) -> tuple[str, str] | None:
    """The names of a weekday (0: Monday) and a month (1: January), or None where they are not known."""
    tongue = language.split("-")[0].lower()
    if tongue not in _DAYS:
        return None
    day = _DAYS[tongue].split()[weekday]
    return (day.capitalize() if tongue == "de" else day), _MONTHS[tongue].split()[month - 1]
