"""Words → speakable clauses, written → spoken, played → heard: tables, and properties over anything."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import CONVERTER_CLASSES

from inference.spec import Pronunciation
from inference.text import (
    Clause,
    ClauseSplitter,
    ReadableText,
    SpokenClause,
    clauses,
    heard_prefix,
    readable,
    speakable,
)

ANYTHING = st.text(st.characters(), max_size=80)
"""Any code points, lone surrogates included."""
FRAGMENTS = (
    "Sure, ", "we ", "open", "\n", "9", ".", "30", " am", " ", "Dr. ", "Smith", "! ", "?", ", ", "…", " - ", "— ",
    "**", "$1,200", " e.g. ", "\"", ")", "(", "a", "B. ", "http://x.com/a?b,c ", " and ", " the ", "。", "，", "你好",
    "<think>", "</think>", "`", "```", "```text\n", " a.m. ", "- ", "# ", "1. ", "[", "](u)", "]", "_", "*", "~",
    "<", "<|im_start|>", "user\n", "assistant\n", "<br>", "{\"", "\"}", "}", "&amp;", "&", "[1]", "![", "", " ",
    "\\", "🙂", "<tool_call>", "</tool_call>", "---", "word,", "word,word", " 5 km", "-", "|", "<|im_end|>",
)  # fmt: skip
PIECES = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
"""Text made of everything that is special to the splitter."""


def split(text: str, sizes: list[int] | None = None, language: str = "en") -> list[Clause]:
    splitter = ClauseSplitter(language)
    made: list[Clause] = []
    position = 0
    for size in [*(sizes or []), len(text) + 1]:
        made += splitter.feed(text[position : position + size])
        position += size
    return made + splitter.flush()


def written(text: str, language: str = "en") -> list[str]:
    return [clause.written for clause in split(text, language=language)]


# --- written → spoken ---------------------------------------------------------------------------

SPOKEN = [
    # numbers
    ("I have 3 apples", "I have three apples"),
    ("1,234,567", "one million two hundred and thirty-four thousand five hundred and sixty-seven"),
    ("3.14 and 0.5 and .5", "three point one four and zero point five and point five"),
    ("agent 007", "agent zero zero seven"),
    ("1st, 22nd, 103rd", "first, twenty-second, one hundred and third"),
    ("-5 degrees", "minus five degrees"),
    ("50% or 3.5 %", "fifty percent or three point five percent"),
    ("1/2 cup, 3/4, 2 1/2 hours, ½", "one half cup, three quarters, two and one half hours, one half"),
    ("open 24/7", "open twenty-four seven"),
    ("v1.2.3", "version one point two point three"),
    ("3 × 4 = 12", "three times four equals twelve"),
    ("10 ÷ 2, 2 + 2, 5 - 3 = 2", "ten divided by two, two plus two, five minus three equals two"),
    ("5*3", "five times three"),
    (
        "123456789012345678",
        "one two three, four five six, seven eight nine, zero one two, three four five, six seven eight",
    ),
    # money
    ("$5", "five dollars"),
    ("$1 or $1.01", "one dollar or one dollar and one cent"),
    ("£3.50", "three pounds and fifty pence"),
    ("€1,200", "one thousand two hundred euros"),
    ("€1.200,50", "one thousand two hundred euros and fifty cents"),
    ("$1,200.50.", "one thousand two hundred dollars and fifty cents."),
    ("$0.50, 50¢, 50p", "fifty cents, fifty cents, fifty pence"),
    ("$1.2M or $3 billion", "one point two million dollars or three billion dollars"),
    ("$5-10 or $5–$10", "five to ten dollars or five to ten dollars"),
    ("20 €, 20 EUR, USD 20", "twenty euros, twenty euros, twenty U S dollars"),
    ("¥500, ₹99", "five hundred yen, ninety-nine rupees"),
    ("-$5", "minus five dollars"),
    ("$5/month", "five dollars per month"),
    # dates
    ("2026-03-12", "March twelfth, twenty twenty-six"),
    ("3/12/2026", "March twelfth, twenty twenty-six"),
    ("25/12/2026", "December twenty-fifth, twenty twenty-six"),
    ("12.03.2026", "March twelfth, twenty twenty-six"),
    ("12 March 2026", "the twelfth of March, twenty twenty-six"),
    ("the 1st of May", "the first of May"),
    ("March 12, 2026", "March twelfth, twenty twenty-six"),
    ("Mar. 12th", "March twelfth"),
    ("March 12-14", "March twelfth to fourteenth"),
    ("12-14 March", "the twelfth to the fourteenth of March"),
    ("March 2026", "March twenty twenty-six"),
    ("2026-03-12T09:30", "March twelfth, twenty twenty-six at nine thirty"),
    ("in 1066, the 1990s, the '90s", "in ten sixty-six, the nineteen nineties, the nineties"),
    ("2019–2021, 2019-21", "twenty nineteen to twenty twenty-one, twenty nineteen to twenty-one"),
    ("since 2005", "since two thousand and five"),
    ("2000 people, 1950 calories", "two thousand people, one thousand nine hundred and fifty calories"),
    ("Mon-Fri, Sat 9-1", "Monday to Friday, Saturday nine to one"),
    ("The Sun sat down", "The Sun sat down"),
    # times
    ("9:30", "nine thirty"),
    ("9:05 am", "nine oh five a.m."),
    ("13:05 and 17:00", "thirteen oh five and seventeen hundred"),
    ("9:00, 12:00, 00:00", "nine o'clock, twelve o'clock, midnight"),
    ("8 am, 8am, 8 a.m., 8 AM", "eight a.m., eight a.m., eight a.m., eight a.m."),
    ("We close at 9 am.", "We close at nine a.m."),
    ("9.30 pm", "nine thirty p.m."),
    ("9h30, 9-13h", "nine thirty, nine to thirteen hours"),
    ("8 am-6 pm", "eight a.m. to six p.m."),
    ("9-5 pm, 9:00–17:30", "nine to five p.m., nine o'clock to seventeen thirty"),
    ("a 16:9 screen", "a sixteen to nine screen"),
    # ranges and units
    ("9-5", "nine to five"),
    ("10-15%", "ten to fifteen percent"),
    ("5-10 km", "five to ten kilometres"),
    ("5 kg, 1 kg, 2.5 l", "five kilograms, one kilogram, two point five l"),
    (
        "20°C, -3 °C, 30 m², 100 km/h",
        "twenty degrees Celsius, minus three degrees Celsius, thirty square metres, one hundred kilometres per hour",
    ),
    ("2 hrs 30 mins", "two hours thirty minutes"),
    ("3 visits/week", "three visits per week"),
    # phones and codes
    ("555-123-4567", "five five five, one two three, four five six seven"),
    ("(555) 123-4567", "five five five, one two three, four five six seven"),
    ("555-1234", "five five five, one two three four"),
    ("+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
    ("07700 900123", "zero seven seven zero zero, nine zero zero one two three"),
    ("01 23 45 67 89", "zero one, two three, four five, six seven, eight nine"),
    ("Your PIN is 4821", "Your PIN is four eight two one"),
    ("order 12345678", "order one two three four, five six seven eight"),
    # addresses
    ("info@smile-dental.com.", "info at smile dash dental dot com."),
    ("https://www.smile.co.uk/book?x=1#y", "smile dot co dot U K slash book"),
    ("See smile.io, ok", "See smile dot I O, ok"),
    ("john.doe42@x.org", "john dot doe forty-two at x dot org"),
    # abbreviations
    ("Dr. Smith lives on Maple Dr.", "Doctor Smith lives on Maple Drive."),
    ("St. Louis, Main St. and 5th Ave.", "Saint Louis, Main Street and fifth Avenue."),
    ("Mr. and Mrs. Lee vs. Prof. Ray", "Mister and Missus Lee versus Professor Ray"),
    ("e.g. this, i.e. that, etc.", "for example this, that is that, et cetera."),
    ("approx. 5, No. 7, #8", "approximately five, number seven, number eight"),
    ("w/o sugar and/or milk, yes/no", "without sugar and or milk, yes or no"),
    # acronyms
    ("the NHS, FBI and NASA", "the N H S, F B I and NASA"),
    ("an API and two APIs", "an eh P I and two eh P I's"),
    ("U.S. and U.K.", "U S and U K."),
    ("MP3, 5G, B2B, COVID-19", "M P three, five G, B two B, COVID nineteen"),
    ("code A1B2C3", "code eh one B two C three"),
    ("NOT now", "NOT now"),
    ("PLEASE CALL US NOW", "PLEASE CALL US NOW"),
    ("That's OK", "That's okay"),
    # roman numerals
    ("Henry VIII, Chapter IV, World War II", "Henry the eighth, Chapter four, World War two"),
    ("an IV drip and I", "an IV drip and I"),
    # signs
    ("A & B", "A and B"),
    ("~5 minutes → done", "about five minutes to done"),
    ("@john #topic", "at john hashtag topic"),
    ("C# and C++", "C sharp and C plus plus"),
    ("2 < 3 and 3 > 2", "two less than three and three more than two"),
    # markup and what is not for ears
    ("**Bold** and _it_ `x`", "Bold and it x"),
    ("# Title\n- one\n- two", "Title. one. two"),
    ("[our site](https://x.com)", "our site"),
    ('[Map](https://x.com/Foo_(bar) "Here") and ![logo](https://x.com/l.png)', "Map and logo"),
    ("Great! 😀👍", "Great!"),
    ("<think>hm</think>Yes", "Yes"),
    ("a\x00b\x1bc", "abc"),
    ("…", ""),
    ("***", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "spoken"), SPOKEN, ids=[text for text, _ in SPOKEN])
def test_english(text: str, spoken: str) -> None:
    assert speakable(text) == spoken
    assert speakable(spoken) == spoken


def test_the_order_of_day_and_month_is_the_languages() -> None:
    assert speakable("3/12/2026", "en-GB") == "December third, twenty twenty-six"
    assert speakable("3/12/2026", "en-US") == "March twelfth, twenty twenty-six"


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        ("de", "Wir öffnen um 9 Uhr 30.", "Wir öffnen um neun Uhr dreißig."),
        ("fr", "Il y a 21 chats", "Il y a vingt et un chats"),
        ("es-MX", "Tengo 16", "Tengo dieciséis"),
        ("pt-BR", "16 e 17", "dezesseis e dezessete"),
        ("de", "3,5 und 1.200 und 007", "3,5 und 1.200 und 007"),
        ("xx", "21 x", "21 x"),
        ("", "21 x", "21 x"),
        ("de", "Tel. **030**", "Tel. 030"),
    ],
)
def test_other_languages_get_their_numbers_and_nothing_else(language: str, text: str, spoken: str) -> None:
    assert speakable(text, language) == spoken


@pytest.mark.parametrize("language", sorted(CONVERTER_CLASSES))
def test_no_language_fails_on_a_number(language: str) -> None:
    for value in (0, 1, 7, 12, 21, 100, 1234, 99_999, 1_000_000, 99_999_999, 10**15):
        assert speakable(f"x {value} x", language)


def test_pronunciations() -> None:
    entries = [
        Pronunciation("Nguyen", "win"),
        Pronunciation("SQL", "sequel"),
        Pronunciation("SQL server", "sequel sir-ver"),
        Pronunciation("C++", "see plus plus"),
        Pronunciation("$5", "a fiver"),
        Pronunciation("", "nothing"),
        Pronunciation("(x+)", "regex"),
    ]
    assert speakable("nguyen runs SQL Server, sql and MySQL.", "en", entries) == (
        "win runs sequel sir-ver, sequel and MySQL."
    )
    assert speakable("C++ costs $5 not $50", "en", entries) == "see plus plus costs a fiver not fifty dollars"
    assert speakable("Herr Nguyen hat 3", "de", entries) == "Herr win hat drei"
    assert speakable(r"\1 (x+) NGUYEN", "en", entries) == "one regex win"


def test_what_is_pronounced_is_not_normalised_again() -> None:
    assert speakable("Call the NHS at 9", "en", [Pronunciation("NHS", "N.H.S. 24")]) == "Call the N.H.S. 24 at nine"
    assert speakable("ab", "en", [Pronunciation("ab", "ba"), Pronunciation("ba", "ab")]) == "ba"


@given(text=ANYTHING | PIECES, language=st.sampled_from(["en", "en-GB", "de", "ar", "zz", "", "pt_BR"]))
@settings(deadline=None, max_examples=300)
def test_nothing_makes_it_raise(text: str, language: str) -> None:
    spoken = speakable(text, language)
    spoken.encode()
    assert "\n" not in spoken
    assert "  " not in spoken
    assert not any(ord(character) < 32 for character in spoken)


@given(text=ANYTHING | PIECES)
@settings(deadline=None, max_examples=300)
def test_no_markup_is_spoken(text: str) -> None:
    assert not set(speakable(text)) & set("*`#|<>[]{}_~^\\$€£%=@")


@given(text=ANYTHING, entries=st.lists(st.builds(Pronunciation, ANYTHING, ANYTHING), max_size=4))
@settings(deadline=None)
def test_no_pronunciation_makes_it_raise(text: str, entries: list[Pronunciation]) -> None:
    speakable(text + "".join(entry.written for entry in entries), "en", entries).encode()


@given(number=st.integers(0, 10**15 - 1))
def test_every_number_becomes_words(number: int) -> None:
    assert not any(character.isdigit() for character in speakable(f"about {number:,} things"))


# --- clauses ------------------------------------------------------------------------------------

CLAUSES = [
    ("Yes.", ["Yes."]),
    ("Hello! I'm Ann. How are you?", ["Hello!", " I'm Ann.", " How are you?"]),
    ("Yes we do, and it is free today.", ["Yes we do,", " and it is free today."]),
    ("Sure, we open at nine.", ["Sure,", " we open at nine."]),
    (
        "We are open from 9 am to 6 pm on Saturday.",
        ["We are open", " from 9 am to 6 pm on Saturday."],
    ),
    (
        "I would love to help you choose a pizza today.",
        ["I would love", " to help you choose a pizza today."],
    ),
    ("It costs $1,200.50, which is a lot.", ["It costs $1,200.50,", " which is a lot."]),
    ("At 9.30 we see Dr. Smith, e.g. him.", ["At 9.30 we see", " Dr. Smith, e.g. him."]),
    ("Come at 9 a.m. Monday.", ["Come at", " 9 a.m.", " Monday."]),
    ("Come at 9 a.m. on Monday.", ["Come at", " 9 a.m. on Monday."]),
    ("J. R. R. Tolkien wrote it.", ["J. R. R. Tolkien", " wrote it."]),
    ("So do I. But not now.", ["So do I.", " But not now."]),
    ("Ask the U.S. Then go.", ["Ask the U.S.", " Then go."]),
    ("We open at 9. Saturday is fine.", ["We open at", " 9.", " Saturday is fine."]),
    ("Room no. 5 is free.", ["Room no. 5", " is free."]),
    ("Well... let me see.", ["Well...", " let me see."]),
    ("Well... Let me see.", ["Well...", " Let me see."]),
    (
        "See https://x.com/a,b?c=d! Or mail a.b@c.de. Bye.",
        ["See https://x.com/a,b?c=d!", " Or mail a.b@c.de.", " Bye."],
    ),
    ("It is ready on March 12, 2026 at noon then.", ["It is ready", " on March 12, 2026 at noon then."]),
    ("One two three: four.", ["One two three:", " four."]),
    ("I think so — but ask him.", ["I think so", " — but ask him."]),
    ("Really?! Yes.", ["Really?", "! Yes."]),
    ("- one\n- two\n\nEnd", ["one", "\ntwo", "\nEnd"]),
    ("# Hours\nMonday", ["Hours", "\nMonday"]),
    ("<think>no</think>**Yes**, [we](http://x) do it.", ["Yes,", " we do it."]),
    ("Hi<|im_end|>\n<|im_start|>user\nand you?<|im_end|>\n<|im_start|>assistant\nFine.", ["Hi", "\nFine."]),
    ('{"name": "book", "arguments": {"a": "}"}} Done.', ["Done."]),
    ("<tool_call>\n{}\n</tool_call>Booked.", ["Booked."]),
    ("```python\nprint(1)\n```\nThat is it.", ["That is it."]),
    ("```text\nWe open at nine.\n```", ["We open at nine."]),
    ("Tom &amp; Jerry", ["Tom & Jerry"]),
    ("你好，我们九点开门。再见。", ["你好，", "我们九点开门。", "再见。"]),
    ("", []),
    ("   \n ", []),
    ("🙂", []),
    ("***", []),
]


@pytest.mark.parametrize(("text", "expected"), CLAUSES, ids=[text for text, _ in CLAUSES])
def test_where_clauses_end(text: str, expected: list[str]) -> None:
    assert written(text) == expected


def test_later_clauses_are_longer() -> None:
    tail = " we have got many good things, and you may take them all home with you, if you like them that much."
    assert [len(clause.split()) for clause in written("Yes, of course," + tail)] == [1, 8, 15]


def test_a_sentence_without_an_end_is_cut_between_words() -> None:
    made = written("word " * 200)
    assert "".join(made).split() == ["word"] * 200
    assert [len(clause.split()) for clause in made[:4]] == [3, 9, 26, 26]


def test_a_word_without_an_end_is_cut() -> None:
    made = written("a" * 2500)
    assert "".join(made) == "a" * 2500
    assert max(len(clause) for clause in made) <= 1000


def test_ordinals_with_a_full_stop_do_not_end_a_german_clause() -> None:
    assert written("Am 3. Mai ist zu.", "de") == ["Am 3. Mai", " ist zu."]


def test_a_clause_says_how_it_is_spoken_and_whether_its_sentence_ends() -> None:
    assert split("That is $5, you know. Good?") == [
        Clause("That is $5,", "That is five dollars,", False),
        Clause(" you know.", "you know.", True),
        Clause(" Good?", "Good?", True),
    ]


def test_the_first_clause_does_not_wait_for_the_next_word() -> None:
    splitter = ClauseSplitter()
    assert splitter.feed("Yes we do,") == [Clause("Yes we do,", "Yes we do,", False)]
    assert splitter.feed(" it") == []
    splitter = ClauseSplitter()
    assert [clause.written for clause in splitter.feed("Hello!")] == ["Hello!"]
    splitter = ClauseSplitter()
    assert splitter.feed("smile.") == []
    assert splitter.feed("com is us") == []
    assert [clause.written for clause in splitter.flush()] == ["smile.com is us"]


def test_a_splitter_can_be_used_again() -> None:
    splitter = ClauseSplitter()
    assert [clause.written for clause in splitter.feed("One. Tw") + splitter.flush()] == ["One.", " Tw"]
    assert [clause.written for clause in splitter.feed("One. Tw") + splitter.flush()] == ["One.", " Tw"]


@given(text=PIECES, sizes=st.lists(st.integers(1, 5), max_size=60))
@settings(deadline=None, max_examples=500)
def test_clauses_do_not_depend_on_how_the_text_was_cut(text: str, sizes: list[int]) -> None:
    assert split(text, sizes) == split(text)


@given(
    words=st.lists(
        st.text("abcdefgABC", min_size=1, max_size=8) | st.sampled_from(["9", "am,", "so.", "$5", "a;"]), max_size=60
    )
)
@settings(deadline=None)
def test_plain_text_is_written_unchanged(words: list[str]) -> None:
    text = " ".join(words)
    assert "".join(written(text)) == text


@given(text=ANYTHING | PIECES)
@settings(deadline=None, max_examples=300)
def test_every_clause_is_spoken_as_its_text(text: str) -> None:
    for clause in split(text):
        assert clause.written.strip()
        assert clause.spoken == speakable(clause.written)
        clause.written.encode()


async def test_a_space_of_its_own_announces_a_number_so_its_digits_need_not_be_waited_for() -> None:
    read = []

    async def deltas() -> AsyncGenerator[str]:
        for delta in ("It", " costs", " ", "8", "0", " dollars."):
            read.append(delta)
            yield delta

    async with aclosing(deltas()) as words, aclosing(clauses(words)) as lines:
        assert (await anext(lines)).written == "It costs"
        assert read[-1] == " "
        assert [line.written async for line in lines] == [" 80 dollars."]


async def test_the_wrapper_streams_and_closes() -> None:
    closed = []

    async def deltas() -> AsyncGenerator[str]:
        try:
            for delta in ("Hel", "lo! How", " are you", "?"):
                yield delta
        finally:
            closed.append(True)

    async with aclosing(deltas()) as words, aclosing(clauses(words)) as lines:
        async for line in lines:
            assert line == Clause("Hello!", "Hello!", True)
            break
    assert closed == [True]
    async with aclosing(deltas()) as words, aclosing(clauses(words, language="de")) as lines:
        assert [line.written async for line in lines] == ["Hello!", " How are you?"]


# --- written → read --------------------------------------------------------------------------------

READ = [
    ("See [our site](https://x.com/a_b?c=1_d).", "See our site (https://x.com/a_b?c=1_d)."),
    ("[x.com](https://www.x.com/)", "https://www.x.com/"),
    ("[https://x.com](https://x.com)", "https://x.com"),
    ("[](https://x.com)", "https://x.com"),
    ("[wiki](https://x.org/Foo_(bar)) too", "wiki (https://x.org/Foo_(bar)) too"),
    ('[**Prices**](<https://x.com/p> "All of them")', "Prices (https://x.com/p)"),
    (
        "[write](mailto:a@b.co), [a@b.co](mailto:a@b.co), [call](tel:+15550100)",
        "write (a@b.co), a@b.co, call (+15550100)",
    ),
    ("[a [b]](https://x.com)", "[a [b]] (https://x.com)"),
    ("![plan](https://x.com/plan.png)", "plan (https://x.com/plan.png)"),
    ("**https://x.com/_a/b_c** and www.x.com/__init__y", "https://x.com/_a/b_c and www.x.com/__init__y"),
    ("<https://x.com>", "https://x.com"),
    ("It costs $1,200.50 on 3/12 at 9:30, ~5 min.", "It costs $1,200.50 on 3/12 at 9:30, ~5 min."),
    ("Dr. Smith & Co., 50 %", "Dr. Smith & Co., 50 %"),
    ("**Bold**, _it_, `x`", "Bold, it, x"),
    ("# Hours\n\n\n\n- Monday\n  * early\n\n1. one\n2. two\n", "Hours\n\n- Monday\n  - early\n\n1. one\n2. two"),
    ("- [ ] open\n- [x] done [1]", "- [ ] open\n- [x] done"),
    ("Run:\n```sh\n  ls *.py # _all_\n```\nDone", "Run:\n  ls *.py # _all_\n\nDone"),
    ("Great! 😀", "Great! 😀"),
    ("<think>hm</think>Yes<|im_end|>", "Yes"),
    ("  \n ", ""),
]


def read(text: str, sizes: list[int] | None = None) -> str:
    reader = ReadableText()
    pieces: list[str] = []
    position = 0
    for size in [*(sizes or []), len(text) + 1]:
        pieces.append(reader.feed(text[position : position + size]))
        position += size
    return "".join([*pieces, reader.flush()])


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text for text, _ in READ])
def test_what_a_text_channel_shows(text: str, expected: str) -> None:
    assert read(text) == expected
    assert read(text, [1] * len(text)) == expected


def test_an_address_is_for_eyes_and_its_words_for_ears() -> None:
    reply = "Book at [our site](https://x.com/book)."
    assert (read(reply), speakable(reply)) == ("Book at our site (https://x.com/book).", "Book at our site.")
    assert written(reply) == ["Book at our site."]


@given(text=PIECES, sizes=st.lists(st.integers(1, 5), max_size=60))
@settings(deadline=None, max_examples=500)
def test_what_is_read_does_not_depend_on_how_the_text_was_cut(text: str, sizes: list[int]) -> None:
    assert read(text, sizes) == read(text)


@given(text=ANYTHING | PIECES)
@settings(deadline=None, max_examples=300)
def test_what_is_read_has_no_space_around_it_and_can_be_stored(text: str) -> None:
    shown = read(text)
    assert shown == shown.strip()
    assert "\n\n\n" not in shown
    shown.encode()


async def test_readable_text_streams_in_pieces_of_a_bounded_length() -> None:
    async def deltas() -> AsyncGenerator[str]:
        for delta in ("See [us](htt", "ps://x.com) ", "now", "x" * 2500):
            yield delta

    async with aclosing(deltas()) as words, aclosing(readable(words)) as pieces:
        made = [piece async for piece in pieces]
    assert [piece.written[:30] for piece in made[:3]] == ["See", " us (https://x.com)", " now"]
    assert "".join(piece.written for piece in made) == "See us (https://x.com) now" + "x" * 2500
    assert max(len(piece.written) for piece in made) == 1000
    assert {piece.spoken for piece in made} == {""}


# --- played → heard -----------------------------------------------------------------------------

REPLY = [
    SpokenClause("Sure, we open", 24_000, (("Sure,", 2_000), ("we", 12_000), ("open", 16_000))),
    SpokenClause(
        " at 9:30 on Saturday.",
        48_000,
        (("at", 0), ("nine", 8_000), ("thirty", 16_000), ("on", 28_000), ("Saturday.", 32_000)),
    ),
    SpokenClause(" See you there.", 30_000),
]


@pytest.mark.parametrize(
    ("played", "heard"),
    [
        (0, ""),
        (5_000, ""),
        (7_100, "Sure,"),
        (13_000, "Sure,"),
        (14_000, "Sure, we"),
        (24_000, "Sure, we open"),
        (24_000 + 3_000, "Sure, we open"),
        (24_000 + 4_000, "Sure, we open at"),
        (24_000 + 17_000, "Sure, we open at"),
        (24_000 + 18_000, "Sure, we open at 9:30"),
        (24_000 + 30_000, "Sure, we open at 9:30 on"),
        (24_000 + 41_000, "Sure, we open at 9:30 on Saturday."),
        (72_000, "Sure, we open at 9:30 on Saturday."),
        (72_000 + 15_000, "Sure, we open at 9:30 on Saturday. See you"),
        (102_000, "Sure, we open at 9:30 on Saturday. See you there."),
        (999_999, "Sure, we open at 9:30 on Saturday. See you there."),
    ],
)
def test_what_was_heard(played: int, heard: str) -> None:
    assert heard_prefix(REPLY, played) == heard


def test_one_written_word_spoken_as_many_is_heard_by_its_middle() -> None:
    clause = SpokenClause(
        "$1,200",
        40_000,
        tuple((word, index * 8_000) for index, word in enumerate(["one", "two", "three", "four", "five"])),
    )
    assert heard_prefix([clause], 19_999) == ""
    assert heard_prefix([clause], 20_000) == "$1,200"


def test_nothing_said_is_nothing_heard() -> None:
    assert heard_prefix([], 1000) == ""
    assert heard_prefix([SpokenClause("Hi", 0)], 0) == "Hi"


@given(
    parts=st.lists(st.tuples(PIECES, st.integers(0, 50_000), st.integers(0, 12)), max_size=4),
    played=st.integers(-10, 200_000),
    more=st.integers(0, 50_000),
)
@settings(deadline=None)
def test_heard_is_a_growing_prefix_of_the_written(parts: list[tuple[str, int, int]], played: int, more: int) -> None:
    reply = [
        SpokenClause(text, samples, tuple((f"w{index}", samples * index // count) for index in range(count)))
        for text, samples, count in parts
    ]
    whole = "".join(text for text, _, _ in parts).strip()
    first, second = heard_prefix(reply, played), heard_prefix(reply, played + more)
    assert whole.startswith(first)
    assert second.startswith(first)
