"""The words of a conversation's pane as its modules want them, translated. `{…}` is filled in there."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

Words = dict[str, Any]


def pane_words() -> Words:
    """Keys are read by static/channels_io/inbox/; `problems` by the code of what went wrong."""
    return {
        "agent": _("Agent"),
        "person": _("Person"),
        "you": _("You"),
        "notHeard": _("not heard:"),
        "spokenToo": _("{who} is speaking"),
        "nobodySpeaks": _("Nobody is speaking"),
        "mute": _("Mute your microphone"),
        "unmute": _("Unmute your microphone"),
        "mutedNow": _("Your microphone is off: the caller hears nothing from you."),
        "tryAgain": _("Try again"),
        "takeWithout": _("Take over without a microphone"),
        "hold": _("Hold"),
        "resume": _("Resume"),
        "ended": _("The conversation has ended."),
        "toolRan": _("Tool {name} was used"),
        "toolFailed": _("Tool {name} failed"),
        "nowSpeaking": _("Now speaking {language}"),
        "failure": _("Failure"),
        "whisperedBy": _("{name} whispered to the agent"),
        "whispered": _("Whispered to the agent"),
        "tookOver": _("{name} took over"),
        "agentTalks": _("The agent goes on"),
        "within": _("within the budget of {budget}"),
        "over": _("{over} over the budget of {budget}"),
        "modes": _modes(),
        "notices": _notices(),
        "problems": _problems(),
    }


def _mode(placeholder: str, hint: str, send: str) -> Words:
    return {"placeholder": placeholder, "hint": hint, "send": send}


def _modes() -> Words:
    return {
        "reply": _mode(_("Write to {contact}"), _("{contact} reads this. The agent stays silent."), _("Send")),
        "take": _mode(
            _("Write to {contact}"),
            _("You take the conversation over, then {contact} reads this."),
            _("Take over and send"),
        ),
        "whisper": _mode(
            _("Tell the agent what to do"),
            _("Only the agent hears this. It follows from its next sentence."),
            _("Whisper"),
        ),
        "say": _mode(_("A sentence for the caller"), _("Spoken at once, in the agent's voice."), _("Say it")),
        "note": _mode(_("A note for your team"), _("Only your team sees this."), _("Keep note")),
    }


def _notices() -> Words:
    return {
        "tooLate": _("{name} took this over a moment ago."),
        "takenFromYou": _("{name} has taken this over from you."),
        "lost": _("Connection lost. Reconnecting…"),
        "lostTalking": _("Connection lost: the caller is asked to wait a moment. Reconnecting…"),
        "givenUp": _("Your connection was away for too long, so the agent goes on."),
        "noMicrophone": _(
            "You have the call, but no microphone: the caller hears nothing. Give it back, or connect one."
        ),
        "noSound": _("The sound cannot be played in this browser."),
        "stopped": _("What is said does not arrive here any more. Reload the page."),
    }


def _problem(title: str, help_text: str) -> Words:
    return {"title": title, "help": help_text}


def _problems() -> Words:
    """Of the microphone by its own codes; the others by what the server answered, or none."""
    return {
        "insecure": _problem(
            _("This page is not secure"),
            _(
                "Browsers open the microphone only on https:// pages and on localhost. Open this page at its https address."
            ),
        ),
        "unsupported": _problem(
            _("This browser cannot speak"), _("Use a current Chrome, Edge, Firefox or Safari to talk to callers.")
        ),
        "denied": _problem(
            _("The microphone is blocked"),
            _("Click the symbol to the left of the page's address, allow the microphone, then try again."),
        ),
        "no_microphone": _problem(
            _("No microphone found"), _("Connect a microphone or a headset, or switch it on, then try again.")
        ),
        "microphone_busy": _problem(
            _("The microphone is in use"), _("Another program holds it. Close that program, then try again.")
        ),
        "gone": _problem(
            _("Your microphone went away"), _("The caller cannot hear you. Connect it again, or give the call back.")
        ),
        "signed_out": _problem(_("You are signed out"), _("Reload the page and sign in again.")),
        "forbidden": _problem(_("Your role does not allow this"), _("Ask an owner of the workspace.")),
        "not_found": _problem(_("This is not here any more"), _("Reload the page.")),
        "offline": _problem(_("That did not get through"), _("Check your connection and try again.")),
        "other": _problem(_("That did not work"), _("Try again in a moment.")),
    }
