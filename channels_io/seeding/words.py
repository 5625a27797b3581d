"""What invented people and agents say: patterns with places, filled from lists. Pure."""

from __future__ import annotations

from random import Random
from typing import Final


def _list(text: str) -> tuple[str, ...]:
    return tuple(" ".join(text.split()).split(", "))


FIRST: Final = _list(
    """
    Ada, Alan, Amara, Anna, Arjun, Beatriz, Ben, Carla, Chen, Chloe, Daniel, Dara, Diego, Elena, Emeka, Emma,
    Erik, Fatima, Felix, Freya, Grace, Hana, Hugo, Ibrahim, Ines, Isaac, Ivy, Jack, Jane, Jonas, Julia, Kenji,
    Kofi, Laila, Leo, Lina, Luca, Maeve, Maria, Mateo, Maya, Milan, Mina, Nadia, Nina, Noah, Nora, Oliver, Olga,
    Omar, Oscar, Paula, Pedro, Petra, Priya, Quinn, Rania, Ravi, Rosa, Ruth, Sam, Sara, Sofia, Stefan, Tara, Theo,
    Tomas, Una, Vera, Victor, Wei, Wanda, Xenia, Yara, Yusuf, Zane, Zoe
    """
)
LAST: Final = _list(
    """
    Adler, Ahmed, Andersen, Baker, Bauer, Becker, Bianchi, Brown, Byrne, Carter, Castro, Chan, Clarke, Costa,
    Cruz, Dahl, Diaz, Dubois, Evans, Farrell, Fischer, Flores, Foley, Garcia, Gomez, Green, Gupta, Haas, Hansen,
    Hayes, Hill, Hoffman, Hughes, Ito, Jansen, Jensen, Jones, Kaur, Keller, Kelly, Khan, Kim, Klein, Kowalski,
    Lang, Larsen, Lee, Lewis, Lopez, Lynch, Maier, Martin, Meyer, Miller, Moore, Morales, Murphy, Nakamura,
    Nguyen, Nolan, Novak, Nowak, OBrien, Olsen, Ortiz, Park, Patel, Perez, Peters, Popov, Quinn, Ramos, Reid,
    Rossi, Ryan, Santos, Sato, Schmidt, Shah, Silva, Singh, Smith, Sullivan, Tanaka, Taylor, Vogel, Walsh, Wang,
    Weber, White, Wilson, Wolf, Wright, Yilmaz, Young, Zimmer
    """
)
_LISTS: Final[dict[str, tuple[str, ...]]] = {
    "service": _list(
        """
        cleaning, check-up, filling, whitening, root canal, crown, consultation, extraction, retainer,
        x-ray, hygiene visit, veneer, night guard, implant, brace adjustment, emergency visit, second
        opinion, follow-up
        """
    ),
    "day": _list("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, tomorrow, next week, the ninth"),
    "time": _list(
        "eight, nine, half past nine, ten, eleven, noon, two, half past two, three, four, a quarter past five"
    ),
    "dish": _list(
        """
        margherita, quattro formaggi, diavola, calzone, garlic bread, tiramisu, caesar salad, lasagne, vegan
        marinara, truffle pizza, panna cotta, minestrone
        """
    ),
    "thing": _list(
        """
        invoice, delivery, refund, password, subscription, parcel, warranty, contract, voucher, account,
        receipt, order, insurance card, prescription, payment plan, delivery address
        """
    ),
    "street": _list(
        """
        Harbour Road, Mill Lane, Church Street, Castle Avenue, Station Road, Orchard Close, Patrick Street,
        Bridge Terrace, Garden Row, Quay West, Abbey Court, Elm Park
        """
    ),
    "feeling": _list(
        "a bit worried, really annoyed, not in a hurry, quite happy, confused, in some pain, fine with that"
    ),
    "extra": _list(
        """
        extra olives, no onions, gluten free, a window table, wheelchair access, a quiet corner, two high
        chairs, a card reader, the side entrance
        """
    ),
}
CALLER: Final = (
    "Hi, I would like to book a {service} for {day}.",
    "Do you have anything free on {day} around {time}?",
    "How much is a {service} if I am not insured?",
    "My name is {first} {last}.",
    "I need to move my appointment from {day} to {day}, please.",
    "Could I order a {dish} and a {dish} with {extra}?",
    "It should come to {number} {street}.",
    "I am calling about my {thing}, the number is {code}.",
    "The {thing} has still not arrived and I am {feeling}.",
    "Can I talk to a person, please?",
    "Is the {service} covered, and how long does it take?",
    "No, {time} is too late, do you have {time} instead?",
    "Yes, that works.",
    "Thanks, that was all.",
    "Can you send me the {thing} by e-mail?",
    "I was charged twice for the {dish}, reference {code}.",
    "Do you deliver to {street} after {time}?",
    "Sorry, I meant {day}, not {day}.",
    "What do I need to bring for the {service}?",
    "Please cancel everything on {day}, I am {feeling}.",
)
AGENT: Final = (
    "Of course. I have {time} or {time} free on {day}. Which suits you better?",
    "A {service} is {number} euro, and it takes about forty minutes.",
    "May I have your name, please?",
    "Thank you, {first}. I have written down {day} at {time}.",
    "I am sorry to hear that. Let me look up {code} for you.",
    "Your {thing} left our warehouse on {day} and should reach {street} by {time}.",
    "That is one {dish} and one {dish} with {extra}. Is that right?",
    "I can move it to {day} at {time}. Shall I do that?",
    "Most plans cover the {service}; please bring your insurance card.",
    "I will put you through to a colleague who can help with the {thing}.",
    "You are welcome. Have a good day!",
    "The {thing} was sent to the address we have on file.",
    "We deliver to {street} until {time}.",
    "I have cancelled {day}. You will get a message with the details.",
    "Could you repeat the number, please?",
)
PERSON: Final = (
    "Hello, this is {first} from the team, I have read everything so far.",
    "I have refunded {code} just now, it takes two days.",
    "I booked you in on {day} at {time} myself.",
    "I will call you back on {day} about the {thing}.",
)
SUMMARIES: Final = (
    "The caller asked for a {service} on {day} and agreed on {time}.",
    "A complaint about a late {thing}, reference {code}. A refund was promised.",
    "An order of {dish} to {street} with {extra}.",
    "A question about the price of a {service}; answered.",
    "The caller wanted to move an appointment to {day}; {time} was free.",
)
QUESTIONS: Final = ("Is parking free on {day}?", "Does the {service} hurt?", "Can I pay the {thing} in parts?")
PROMISES: Final = (
    "Call back about the {thing} on {day}.",
    "Send the {thing} again.",
    "Check {code} with the warehouse.",
)
REASONS: Final = (
    "asked for a person",
    "a complaint",
    "not understood three times",
    "a refund over 100",
    "a medical question",
)
FILLERS: Final = ("um, ", "well, ", "so, ", "okay, ", "right, ", "", "", "", "", "", "", "")


def sentence(random: Random, pattern: str) -> str:
    """`pattern` with every place filled anew."""
    parts = pattern.split("{")
    return parts[0] + "".join(_fill(random, part) for part in parts[1:])


def says(random: Random, patterns: tuple[str, ...]) -> str:
    """One or two sentences."""
    words = sentence(random, random.choice(patterns))
    if random.random() < 0.3:
        words += " " + sentence(random, random.choice(patterns))
    filler = random.choice(FILLERS) if patterns is CALLER else ""
    return filler + words[:1].lower() + words[1:] if filler else words


def name(random: Random) -> str:
    return f"{random.choice(FIRST)} {random.choice(LAST)}"


def _fill(random: Random, part: str) -> str:
    place, _, rest = part.partition("}")
    match place:
        case "first":
            word = random.choice(FIRST)
        case "last":
            word = random.choice(LAST)
        case "number":
            word = str(random.randint(2, 240))
        case "code":
            word = f"{random.choice('ABCDEFGH')}{random.randint(1000, 99999)}"
        case _:
            word = random.choice(_LISTS[place])
    return word + rest
