"""The call page: real page, real ticket, real audio path of the browser; a scripted socket."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from agents.models import Agent
from parley.accounts.models import User
from tests.browser.scripted import ScriptedServer, ScriptedSocket, tone, wait_for
from tests.support.conversations import make_conversation

NewPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]


@pytest.fixture
def open_call(
    new_page: NewPage, sign_in: SignIn, server: ScriptedServer, agent: Agent, alice: User
) -> Callable[..., Page]:
    def opened(query: str = "", **options: object) -> Page:
        page = new_page(**options)
        server.conversation = make_conversation(agent, identity=("user", alice.public_id)).public_id
        sign_in(page, alice)
        page.goto(server.url + reverse("channels_io:call", args=[agent.public_id]) + query)
        return page

    return opened


def start(page: Page, server: ScriptedServer) -> ScriptedSocket:
    page.get_by_role("button", name="Start talking").click()
    socket = server.socket()
    expect(page.locator("[data-status]")).to_have_text("Listening")
    return socket


def agent_loudness(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-call]').talk.levels.agent"))


def test_speaks_and_hears(open_call: Callable[..., Page], server: ScriptedServer, alice: User, agent: Agent) -> None:
    page = open_call("?version=published")
    socket = start(page, server)
    assert socket.path == "/ws/browser_voice/"
    assert socket.ticket is not None
    assert (socket.ticket.agent, socket.ticket.version) == (agent.public_id, "published")
    assert socket.ticket.identity == ("user", alice.public_id)
    wait_for(lambda: len(socket.frames) > 60)
    assert {len(frame) for frame in socket.frames} == {640}
    wait_for(lambda: socket.loudest() > 0.1, "the microphone's beep reaches the server")

    socket.tell({"type": "partial", "text": "What time do"})
    expect(page.locator(".pc-line[data-role=caller]")).to_contain_text("What time do")
    socket.tell({"type": "heard", "turn": 1, "text": "What time do you open?", "source": "voice", "id": ""})
    expect(page.locator("[data-status]")).to_have_text("Thinking")
    expect(page.locator(".pc-line[data-role=caller] .pc-words")).to_have_text("What time do you open?")
    socket.reply(1, "We open at nine.", tone(1.2))
    expect(page.locator("[data-status]")).to_have_text("Speaking")
    wait_for(lambda: agent_loudness(page) > 0.3, "the agent is heard")
    expect(page.locator(".pc-line[data-role=agent] .pc-words")).to_have_text("We open at nine.")
    wait_for(lambda: any(report["done"] for report in socket.played(1)))
    assert socket.played(1)[-1] == {"type": "played", "turn": 1, "samples": 28_800, "done": True}
    reports = [report["samples"] for report in socket.played(1)]
    assert reports == sorted(reports)
    assert len(reports) >= 10
    expect(page.locator("[data-status]")).to_have_text("Listening")


def test_interrupting_silences_at_once(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    socket = start(page, server)
    socket.reply(2, "We are open from Monday to Friday, from eight in the morning to six.", tone(6))
    expect(page.locator("[data-status]")).to_have_text("Speaking")
    wait_for(lambda: agent_loudness(page) > 0.3)
    socket.tell({"type": "speech_started", "turn": 2})
    socket.tell({"type": "floor", "move": "duck", "turn": 2})
    wait_for(lambda: 0 < agent_loudness(page) < 0.75, "ducked")
    socket.tell({"type": "clear", "turn": 2})
    wait_for(lambda: any(report["done"] for report in socket.played(2)))
    wait_for(lambda: agent_loudness(page) == 0)
    cut = socket.played(2)[-1]["samples"]
    assert 0 < cut < 6 * 24_000
    line = page.locator(".pc-line[data-role=agent]")
    expect(line).to_have_attribute("data-state", "cut")
    expect(line).to_contain_text("interrupted")
    assert "morning to six." in line.locator(".pc-unsaid").inner_text()
    socket.audio(2, tone(0.5))
    socket.reply(4, "Sure.", tone(0.4))
    wait_for(lambda: any(report["done"] for report in socket.played(4)))
    assert socket.played(2)[-1]["samples"] == cut, "audio of the cut turn is never played"


def test_mm_hm_holds_the_agent_for_a_moment(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    socket = start(page, server)
    socket.reply(2, "We are open from Monday to Friday.", tone(2))
    wait_for(lambda: agent_loudness(page) > 0.3)
    socket.tell({"type": "floor", "move": "hold", "turn": 2})
    wait_for(lambda: agent_loudness(page) == 0)
    expect(page.locator("[data-status]")).to_have_text("Listening")
    reports = [report["samples"] for report in socket.played(2)]
    wait_for(lambda: len(socket.played(2)) >= len(reports) + 4)
    last = [report["samples"] for report in socket.played(2)][-3:]
    assert len(set(last)) == 1, "the count stands still"
    assert 0 < last[0] < 48_000
    socket.tell({"type": "floor", "move": "release", "turn": 2})
    wait_for(lambda: agent_loudness(page) > 0.7, "at full volume again")
    expect(page.locator("[data-status]")).to_have_text("Speaking")
    wait_for(lambda: any(report["done"] for report in socket.played(2)))
    assert socket.played(2)[-1]["samples"] == 48_000
    line = page.locator(".pc-line[data-role=agent]")
    expect(line).to_have_attribute("data-state", "done")
    expect(page.locator("[data-status]")).to_have_text("Listening")


def test_a_server_that_forgets_a_hold_does_not_silence_the_page(
    open_call: Callable[..., Page], server: ScriptedServer
) -> None:
    page = open_call()
    socket = start(page, server)
    socket.reply(2, "We are open.", tone(1))
    wait_for(lambda: agent_loudness(page) > 0.3)
    socket.tell({"type": "floor", "move": "hold", "turn": 2})
    wait_for(lambda: agent_loudness(page) == 0)
    wait_for(lambda: any(report["done"] for report in socket.played(2)))
    assert socket.played(2)[-1]["samples"] == 24_000


def test_types_in_the_same_conversation(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    socket = start(page, server)
    field = page.get_by_label("Write a message")
    field.fill("How much is a cleaning?")
    field.press("Enter")
    wait_for(lambda: socket.typed())
    sent = socket.typed()[0]
    assert sent["text"] == "How much is a cleaning?"
    assert re.fullmatch("[0-9a-f]{32}", sent["id"])
    line = page.locator(".pc-line[data-role=caller]")
    expect(line).to_have_attribute("data-state", "sending")
    socket.tell({"type": "heard", "turn": 1, "text": sent["text"], "source": "text", "id": sent["id"]})
    expect(line).to_have_attribute("data-state", "done")
    expect(line).to_have_count(1)
    expect(field).to_have_value("")


def test_a_lost_socket_goes_on_in_the_same_conversation(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    socket = start(page, server)
    server.ready = False
    socket.close(1012)
    expect(page.locator("[data-status]")).to_have_text("Connection lost. Reconnecting")
    field = page.get_by_label("Write a message")
    field.fill("Are you still there?")
    field.press("Enter")
    again = server.socket(1)
    assert again.ticket is not None
    again.tell(server.ready_message(2))
    expect(page.locator("[data-status]")).to_have_text("Listening")
    wait_for(lambda: again.typed(), "what was typed meanwhile is sent again")
    assert again.typed()[0]["text"] == "Are you still there?"
    assert socket.typed() == []
    wait_for(lambda: len(again.frames) > 20, "the microphone goes on")


def test_goes_on_with_an_older_conversation(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    page.goto(f"{page.url}?conversation={server.conversation}")
    expect(page.locator(".pc-line[data-role=caller]").first).to_contain_text("What time do you open on Saturday?")
    page.get_by_role("button", name="Talk again").click()
    ticket = server.socket().ticket
    assert ticket is not None
    assert ticket.conversation == server.conversation


def test_from_writing_to_speaking(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    field = page.get_by_label("Write a message")
    field.fill("Hello")
    field.press("Enter")
    assert server.socket().path == "/ws/web_chat/"
    expect(page.locator("[data-status]")).to_have_text("Write a message")
    page.get_by_role("button", name="Start talking").click()
    voice = server.socket(1)
    assert voice.path == "/ws/browser_voice/"
    assert voice.ticket is not None
    assert voice.ticket.conversation == server.conversation
    wait_for(lambda: server.socket().close_code == 1000, "the written leg is left")


@pytest.mark.parametrize(
    ("code", "title"),
    [(4429, "All lines are busy"), (4503, "The agent cannot be reached"), (4404, "Nobody is here")],
)
def test_says_why_there_is_no_call(
    open_call: Callable[..., Page], server: ScriptedServer, code: int, title: str
) -> None:
    server.refusals = [code]
    page = open_call()
    page.get_by_role("button", name="Start talking").click()
    expect(page.locator("[data-status]")).to_have_text(title)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-status]")).to_have_text("Listening")


def test_no_microphone(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call(microphone=False)
    page.get_by_role("button", name="Start talking").click()
    expect(page.locator("[data-status]")).to_have_text("No microphone found")
    expect(page.locator("[data-help]")).to_contain_text("You can still write.")
    assert server.sockets == []
    page.get_by_label("Write a message").fill("Hello")
    page.get_by_label("Write a message").press("Enter")
    socket = server.socket()
    assert socket.path == "/ws/web_chat/"
    wait_for(lambda: socket.typed())


def test_denied_microphone(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call(allowed=False)
    page.context.clear_permissions()
    page.get_by_role("button", name="Start talking").click()
    expect(page.locator("[data-status]")).to_have_text("The microphone is blocked")
    expect(page.locator("[data-help]")).to_contain_text("allow the microphone")
    assert server.sockets == []


def test_keyboard_alone(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    page.locator("[data-main]").focus()
    page.keyboard.press("Enter")
    server.socket()
    expect(page.locator("[data-status]")).to_have_text("Listening")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Unmute")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Escape")
    expect(page.locator("[data-status]")).to_have_text("The conversation has ended")
    wait_for(lambda: server.socket().messages[-1] == {"type": "hangup"})
    expect(page.get_by_role("link", name="See this conversation")).to_be_visible()


def test_waterfall_and_history(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    socket = start(page, server)
    spans = [{"name": "silence", "ms": 150.0}, {"name": "tea break", "ms": 75.0}, {"name": "wire", "ms": 25.0}]
    timing = {"type": "timing", "prompt_tokens": 300, "cached_tokens": 290, "reply_tokens": 12, "spans": spans}
    socket.tell({**timing, "turn": 1, "v2v_ms": 250.0})
    expect(page.locator("[data-total]")).to_have_text("250 ms")
    expect(page.locator("[data-bars] li")).to_have_count(3)
    expect(page.locator("[data-bars] li").first).to_contain_text("150 ms")
    expect(page.locator("[data-bars] .span-1")).to_have_count(1)
    expect(page.locator("[data-bars] .span-10")).to_have_count(1)
    expect(page.locator("[data-whole] > span")).to_have_count(3)
    expect(page.locator("[data-budget]")).to_have_text("within the budget of 600 ms")
    expect(page.locator("[data-tokens]")).to_have_text("Prompt: 290 tokens from cache, 10 evaluated. Reply: 12 tokens.")
    expect(page.locator("[data-filler]")).to_be_hidden()
    expect(page.locator("[data-guesses]")).to_be_hidden()
    socket.tell({**timing, "turn": 3, "v2v_ms": 1250.0, "filler": True, "guesses_wasted": 2})
    expect(page.locator("[data-budget]")).to_have_text("650 ms over the budget of 600 ms")
    expect(page.locator("[data-filler]")).to_have_text("Late: a filler was said first.")
    expect(page.locator("[data-guesses]")).to_contain_text("2 answers were begun too soon")
    expect(page.locator("[data-total]")).to_have_text("1.25 s")
    expect(page.locator("[data-history-list] li")).to_have_count(2)
    socket.tell({**timing, "turn": 5, "v2v_ms": None})
    expect(page.locator("[data-total-note]")).to_contain_text("typed")
    expect(page.locator("[data-history-list] li")).to_have_count(2)


def test_whole_lines_are_announced_and_halves_are_not(open_call: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_call()
    socket = start(page, server)
    log = page.get_by_role("log")
    socket.tell({"type": "partial", "text": "Where is"})
    socket.tell({"type": "partial", "text": "Where is the"})
    socket.tell({"type": "heard", "turn": 1, "text": "Where is the entrance?", "source": "voice", "id": ""})
    socket.reply(1, "In Mill Lane.")
    expect(log.locator("p")).to_have_text(["You: Where is the entrance?", "Reception: In Mill Lane."])
