"""The real thing, on the default models: speak to the demo agent, draw an agent and speak to that.

One stack for all of it: it takes the better part of a minute to load the models.
"""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.building import build_dental, mend, open_empty, start_talking
from tests.browser.live_stack import ANSWER_MS, RunningStack, running, sign_in, speak

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]

NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running("default") as started:
        yield started


# --- sign in, speak, be answered, interrupt, write, read the record -------------------------------


def loudest_from_now(page: Page) -> None:
    """From now on the call page notes how loud the agent has been."""
    page.wait_for_function("document.querySelector('[data-call]')?.talk")
    page.evaluate(
        """() => {
            const { talk } = document.querySelector("[data-call]");
            window.agentPeak = 0;
            talk.addEventListener("levels", ({ detail }) => (window.agentPeak = Math.max(window.agentPeak, detail.agent)));
        }"""
    )


def call_and_read(page: Page, running: RunningStack) -> str:
    """The whole story; returns what the agent said to the spoken question."""
    stack = running.stack
    sign_in(page, stack)
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="Talk to Smile Dental").click()
    loudest_from_now(page)
    page.get_by_role("button", name="Start talking").click()
    expect(page.locator("[data-status]")).to_have_text("Speaking", timeout=ANSWER_MS)

    agent_lines = page.locator(".pc-line[data-role=agent]")
    caller_lines = page.locator(".pc-line[data-role=caller][data-state=done]")
    expect(agent_lines.first).to_have_attribute("data-state", "cut", timeout=ANSWER_MS)
    expect(caller_lines.first).not_to_be_empty(timeout=ANSWER_MS)
    expect(agent_lines.nth(1)).to_have_attribute("data-state", "done", timeout=ANSWER_MS)
    expect(page.locator("[data-total]")).to_have_text(re.compile(r"\d"), timeout=ANSWER_MS)
    expect(page.locator("[data-status]")).to_have_text("Listening", timeout=ANSWER_MS)
    assert page.evaluate("window.agentPeak") > 0.3
    answer = agent_lines.nth(1).locator(".pc-words").inner_text()

    lose_the_socket(page)
    page.get_by_label("Write a message").fill("How much is a cleaning?")
    page.get_by_label("Write a message").press("Enter")
    expect(caller_lines.last.locator(".pc-words")).to_have_text("How much is a cleaning?", timeout=ANSWER_MS)
    expect(agent_lines.nth(2)).to_have_attribute("data-state", "done", timeout=ANSWER_MS)
    page.get_by_role("button", name="Hang up").click()
    page.get_by_role("link", name="See this conversation").click()
    read_record(page)
    return answer


def lose_the_socket(page: Page) -> None:
    """The page finds its way back into the same conversation."""
    talk = "document.querySelector('[data-call]').talk"
    conversation = page.evaluate(f"{talk}.conversation")
    # The server sees its socket go; the page sees what it would see when a network breaks.
    page.evaluate(
        """(socket) => {
            const lost = socket.onclose;
            socket.onclose = socket.onmessage = null;
            socket.close(3000);
            lost({ code: 1006 });
        }""",
        page.evaluate_handle(f"{talk}.connection.socket"),
    )
    expect(page.locator("[data-status]")).to_have_text("Connection lost. Reconnecting")
    expect(page.locator("[data-status]")).to_have_text("Listening", timeout=ANSWER_MS)
    assert page.evaluate(f"{talk}.conversation") == conversation


def read_record(page: Page) -> None:
    """The conversation's record: words as heard, waterfall, sound."""
    page.get_by_role("link", name="Record", exact=True).click()
    turns = page.locator("[data-turn]")
    expect(turns.filter(has_text="How much is a cleaning?").first).to_be_visible()
    expect(page.locator("[data-turn].is-agent.is-cut")).to_have_count(1)
    assert page.locator(".cd-waterfall").count() >= 1
    expect(page.locator("[data-leg]")).to_have_count(2)
    page.locator("[data-play]").first.click()
    page.wait_for_function("document.querySelector('[data-player] audio').currentTime > 0.2")
    assert page.evaluate("document.querySelector('[data-player] audio').duration") > 5


def write_to_widget(page: Page, running: RunningStack) -> None:
    page.goto(f"{running.stack.web_url}/widget/{running.channel}/demo/")
    page.get_by_role("button", name="Open the conversation").click()
    page.get_by_label("Write a message").fill("Do you treat children?")
    page.get_by_label("Write a message").press("Enter")
    expect(page.locator(".pc-line[data-role=caller]")).to_have_attribute("data-state", "done", timeout=ANSWER_MS)
    # The greeting, and the answer.
    expect(page.locator(".pc-line[data-role=agent][data-state=done]")).to_have_count(2, timeout=ANSWER_MS)


def test_a_call_and_a_chat(stack: RunningStack, new_page: NewPage, tmp_path: Path) -> None:
    wav = speak(tmp_path / "caller.wav", 4.0, "q01", 600.0)
    page = new_page(wav=wav, viewport={"width": 1440, "height": 900})
    answer = call_and_read(page, stack)
    write_to_widget(page, stack)
    assert re.search(r"\b(nine|9)\b", answer)


# --- draw an agent, and speak to it ---------------------------------------------------------------


@pytest.fixture
def _patience() -> Iterator[None]:
    """A stack with everything in it runs beside the browser."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.mark.usefixtures("_patience")
def test_a_dental_agent_hears_what_is_wanted(stack: RunningStack, new_page: NewPage, tmp_path: Path) -> None:
    """The agent's own voice says the caller's sentence into the microphone: a WAV, recognised and routed."""
    wav = speak(tmp_path / "caller.wav", 1.0)
    page = new_page(wav=wav, viewport={"width": 1440, "height": 900})
    builder = open_empty(page, stack)
    build_dental(builder)
    mend(builder)
    spoken = page.evaluate(PREVIEW, "I would like to book an appointment, please.")
    between_silences(wav, bytes(spoken))
    start_talking(page)
    expect(page.get_by_role("log")).to_contain_text("What is your name?", timeout=ANSWER_MS)
    expect(page.locator(".bd-card.is-now")).to_have_attribute("data-node-name", "Appointment")


def between_silences(path: Path, sound: bytes, before: float = 6.0, after: float = 600.0) -> None:
    """After the greeting, and once: Chromium plays the file in a circle. Seconds."""
    with wave.open(io.BytesIO(sound), "rb") as given:
        parameters, frames, second = given.getparams(), given.readframes(given.getnframes()), given.getframerate() * 2
    with wave.open(str(path), "wb") as file:
        file.setparams(parameters)
        file.writeframes(bytes(round(before * second) // 2 * 2) + frames + bytes(round(after * second) // 2 * 2))


PREVIEW = """async (text) => {
    const csrf = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const body = JSON.stringify({ text, voice_engine: "hibari", voice_name: "heart", voice_speed: 1 });
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
    const answer = await fetch("../preview/", { method: "POST", headers, body });
    return [...new Uint8Array(await answer.arrayBuffer())];
}"""
