"""The words of the call page and the widget, translated, as their modules want them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

Words = dict[str, Any]


def talk_strings() -> Words:
    """Keys are read by the modules under static/channels_io/talk; `problems` and `ends` by their code."""
    return {
        "you": _("You"),
        "colleague": _("A colleague"),
        "agent": _("Agent"),
        "typed": _("typed"),
        "sending": _("sending…"),
        "interrupted": _("interrupted"),
        "muted": _("Your microphone is muted."),
        "call": _("Start talking"),
        "hangUp": _("Hang up"),
        "cancel": _("Cancel"),
        "again": _("Try again"),
        "callAgain": _("Talk again"),
        "continue": _("Go on"),
        "mute": _("Mute"),
        "unmute": _("Unmute"),
        "human": _("A person has taken over."),
        "timing": {
            "spoken": _("From your last sound to the agent's first."),
            "typed": _("Until the first word; this turn was typed."),
            "within": _("within the budget of {budget}"),
            "over": _("{over} over the budget of {budget}"),
            "tokens": _("Prompt: {cached} tokens from cache, {evaluated} evaluated. Reply: {reply} tokens."),
            "filler": _("Late: a filler was said first."),
            "guess": _("One answer was begun too soon and dropped, because you went on."),
            "guesses": _("{count} answers were begun too soon and dropped, because you went on."),
        },
        "states": _states(),
        "problems": _problems(),
        "ends": _ends(),
    }


def _states() -> Words:
    return {
        "idle": _("Ready when you are"),
        "asking": _("Waiting for your microphone"),
        "connecting": _("Connecting"),
        "waiting": _("All lines are busy. Waiting for a free one"),
        "listening": _("Listening"),
        "reading": _("Write a message"),
        "thinking": _("Thinking"),
        "speaking": _("Speaking"),
        "reconnecting": _("Connection lost. Reconnecting"),
        "ended": _("The conversation has ended"),
    }


def _ends() -> Words:
    return {
        "agent_ended": _("The agent said goodbye."),
        "silence": _("Nothing was said for a while."),
        "call_limit": _("The longest time for one conversation was reached."),
        "slow_reader": _("Your connection is too slow to carry it."),
        "replaced": _("It goes on in another window or device."),
        "shutdown": _("The server is restarting. Try again in a moment."),
        "failed": _("Something broke on our side. Nothing that was said is lost."),
    }


def _problem(title: str, help_text: str) -> Words:
    return {"title": title, "help": help_text}


def _problems() -> Words:
    return {**_device_problems(), **_server_problems()}


def _device_problems() -> Words:
    return {
        "insecure": _problem(
            _("This page is not secure"),
            _(
                "Browsers open the microphone only on https:// pages and on localhost. Open this page at its https address. You can still write."
            ),
        ),
        "unsupported": _problem(
            _("This browser cannot do voice"),
            _("Use a current Chrome, Edge, Firefox or Safari. You can still write."),
        ),
        "denied": _problem(
            _("The microphone is blocked"),
            _(
                "Click the symbol to the left of the page's address, allow the microphone, then try again. You can still write."
            ),
        ),
        "no_microphone": _problem(
            _("No microphone found"),
            _("Connect a microphone or switch it on, then try again. You can still write."),
        ),
        "microphone_busy": _problem(
            _("The microphone is in use"),
            _("Another program holds it. Close that program, then try again. You can still write."),
        ),
    }


def _server_problems() -> Words:
    return {
        "worker_full": _problem(
            _("All lines are busy"), _("Every line is taken at the moment. Try again in a minute.")
        ),
        "no_worker": _problem(
            _("The agent cannot be reached"), _("The speech worker does not answer. Try again in a minute.")
        ),
        "lost": _problem(
            _("The connection is lost"), _("Check your network, then go on: nothing that was said is lost.")
        ),
        "refused": _problem(
            _("This page may not open the conversation"), _("Reload the page. If it stays, tell its owner.")
        ),
        "origin": _problem(
            _("This site may not show the widget"), _("Its owner has to add the site's address to the channel.")
        ),
        "not_found": _problem(_("Nobody is here"), _("This agent takes no conversations at the moment.")),
        "elsewhere": _problem(_("Opened elsewhere"), _("This conversation goes on in another window or device.")),
        "protocol": _problem(_("Something did not fit"), _("Reload the page and try again.")),
        "signed_out": _problem(_("You are signed out"), _("Reload the page and sign in again.")),
        "too_many": _problem(_("Too many tries"), _("Wait a minute, then try again.")),
        "draft_problems": _problem(
            _("The draft cannot be tried yet"), _("It has problems. Open the agent and fix what is marked.")
        ),
        "not_published": _problem(_("Not published yet"), _("Publish the agent, or talk to its draft.")),
    }
