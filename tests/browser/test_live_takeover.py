"""The real thing, with two browsers: a call is watched, listened to, whispered to, taken over, and given back.

A whole stack runs beside the test, with the fake engines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_live_call import ANSWER_MS, RunningStack, loudest_from_now, running, sign_in, speak

PEAK = "window.agentPeak"


def begin_call(page: Page, stack: RunningStack) -> str:
    """The caller's side; returns the conversation's id."""
    sign_in(page, stack.stack)
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="Talk to Smile Dental").click()
    loudest_from_now(page)
    page.get_by_role("button", name="Start talking").click()
    expect(page.locator("[data-status]")).to_have_text("Speaking", timeout=ANSWER_MS)
    conversation: str = page.evaluate("document.querySelector('[data-call]').talk.conversation")
    return conversation


def watch(page: Page, stack: RunningStack, conversation: str) -> None:
    """The operator's side: the words of both come while they are said."""
    sign_in(page, stack.stack)
    page.goto(f"{stack.stack.web_url}/conversations/{conversation}/")
    expect(page.locator("[data-live-badge]")).to_be_visible(timeout=ANSWER_MS)
    expect(page.locator(".tk-turn.is-agent").first).not_to_be_empty(timeout=ANSWER_MS)
    expect(page.locator(".tk-turn.is-caller:not(.is-partial)").first).not_to_be_empty(timeout=ANSWER_MS)
    expect(
        page.locator(".tk-turn.is-agent summary [data-total], .tk-turn.is-agent summary .p-badge").first
    ).to_have_text(re.compile(r"\d"), timeout=ANSWER_MS)


def listen_and_whisper(page: Page) -> None:
    page.keyboard.press("l")
    expect(page.locator("[data-do=listen]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-text]").fill("Offer ten percent off")
    page.locator("[data-text]").press("Control+Enter")
    expect(page.locator(".tk-note.is-whisper").first).to_contain_text("Offer ten percent off", timeout=ANSWER_MS)
    page.locator("[data-text]").press("Escape")


def take_over(page: Page, caller: Page) -> None:
    """The caller hears the operator's microphone."""
    page.keyboard.press("o")
    expect(page.locator("[data-owner-name]")).to_have_text("You", timeout=ANSWER_MS)
    expect(page.locator("[data-do=give]")).to_be_visible()
    caller.wait_for_timeout(3000)  # Until what the agent was saying, and the hand-over line, are over.
    caller.evaluate(f"{PEAK} = 0")
    caller.wait_for_function(f"{PEAK} > 0.3", timeout=ANSWER_MS)
    expect(page.locator(".tk-turn.is-human").first).not_to_be_empty(timeout=ANSWER_MS)


def give_back(page: Page, caller: Page) -> None:
    """The agent answers again."""
    page.keyboard.press("g")
    page.locator("[data-dialog=give] button[type=submit]").click()
    expect(page.locator("[data-do=take]")).to_be_visible(timeout=ANSWER_MS)
    answers = page.locator(".tk-turn.is-agent:not(.is-live)")
    before = answers.count()
    caller.get_by_label("Write a message").fill("How much is a cleaning?")
    caller.get_by_label("Write a message").press("Enter")
    expect(page.locator(".tk-turn.is-caller", has_text="How much is a cleaning?")).to_have_count(1, timeout=ANSWER_MS)
    expect(answers).to_have_count(before + 1, timeout=ANSWER_MS)


@pytest.mark.timeout(400)
def test_with_fake_engines(new_page: Callable[..., Page], tmp_path: Path) -> None:
    question = speak(tmp_path / "caller.wav", 4.0, "q01", 600.0)
    voice = speak(tmp_path / "operator.wav", *(["q02", 0.7] * 12))
    with running("fake") as stack:
        caller = new_page(wav=question)
        conversation = begin_call(caller, stack)
        operator = new_page(wav=voice, viewport={"width": 1440, "height": 900})
        watch(operator, stack, conversation)
        listen_and_whisper(operator)
        take_over(operator, caller)
        give_back(operator, caller)
        caller.get_by_role("button", name="Hang up").click()
        expect(operator.locator("[data-live-badge]")).to_be_hidden(timeout=ANSWER_MS)
