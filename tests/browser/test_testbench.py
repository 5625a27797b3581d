"""The test bench in the builder: real page, real tickets, a scripted socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from agents.models import Agent, TestCase
from channels_io.models import Leg
from channels_io.tickets import BackTo
from parley.accounts.models import User
from tests.browser.scripted import ScriptedServer, ScriptedSocket, wait_for
from tests.support.trials import booking

NewPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]


@pytest.fixture
def leg(agent: Agent, alice: User) -> Leg:
    """What the record has of the scripted conversation."""
    return booking(agent, identity=("user", alice.public_id))


@pytest.fixture
def page(new_page: NewPage, sign_in: SignIn, server: ScriptedServer, agent: Agent, alice: User, leg: Leg) -> Page:
    server.conversation = leg.conversation.public_id
    ready = server.ready_message

    def ready_message(number: int) -> dict[str, Any]:
        return ready(number) | {"leg": leg.public_id if number == 1 else f"lg_{number}"}

    server.ready_message = ready_message  # type: ignore[method-assign]
    page = new_page()
    sign_in(page, alice)
    page.goto(server.url + reverse("agents:builder", args=[agent.public_id]))
    page.get_by_role("button", name="Test", exact=True).first.click()
    return page


def answer(socket: ScriptedSocket, turn: int, said: str, text: str, nodes: list[str], **variables: str) -> None:
    typed = socket.typed()[-1]["id"]
    socket.tell({"type": "heard", "turn": turn, "text": said, "source": "text", "id": typed})
    socket.tell({"type": "entered", "turn": turn, "nodes": nodes, "variables": variables})
    spans = [{"name": "first token", "ms": 12.0}, {"name": "first clause", "ms": 30.0}]
    socket.tell({"type": "timing", "turn": turn, "v2v_ms": None, "spans": spans})
    socket.reply(turn, text)


def write(page: Page, text: str) -> None:
    page.get_by_label("Write to the agent").fill(text)
    page.get_by_label("Write to the agent").press("Enter")


def talk(page: Page, server: ScriptedServer) -> ScriptedSocket:
    write(page, "I want to book.")
    socket = server.socket()
    wait_for(lambda: len(socket.typed()) == 1)
    answer(socket, 1, "I want to book.", "Which day?", ["goal"], topic="booking")
    expect(page.get_by_role("log")).to_contain_text("Which day?")
    write(page, "Tuesday.")
    wait_for(lambda: len(socket.typed()) == 2)
    answer(socket, 2, "Tuesday.", "At what time?", ["goal"], topic="booking", day="2026-11-24")
    expect(page.get_by_role("log")).to_contain_text("At what time?")
    return socket


def test_writing_shows_the_way_the_values_and_the_wait(page: Page, server: ScriptedServer) -> None:
    socket = talk(page, server)
    assert socket.ticket is not None
    assert (socket.ticket.test, socket.ticket.version, socket.path) == (True, "draft", "/ws/web_chat/")
    expect(page.get_by_role("log").get_by_text("42 ms")).to_have_count(2)
    expect(page.locator(".tb-node")).to_have_count(2)
    page.get_by_role("tab", name="Variables").click()
    expect(page.locator(".tb-variables .is-fresh")).to_have_text("day2026-11-24")
    expect(page.locator(".tb-variables dt")).to_have_text(["day", "topic"])


def test_going_back_and_saying_something_else(page: Page, server: ScriptedServer, leg: Leg) -> None:
    talk(page, server)
    page.get_by_role("button", name="Go back to before “Tuesday.” and try again").click()
    socket = server.socket(1)
    assert socket.ticket is not None
    assert socket.ticket.back_to == BackTo(leg.public_id, 2)
    expect(page.get_by_role("log")).not_to_contain_text("At what time?")
    expect(page.get_by_label("Write to the agent")).to_have_value("Tuesday.")
    write(page, "Friday.")
    wait_for(lambda: socket.typed())
    answer(socket, 2, "Friday.", "Friday it is.", ["goal"])
    expect(page.get_by_role("log")).to_contain_text("Friday it is.")


def test_speaking(page: Page, server: ScriptedServer) -> None:
    page.get_by_role("button", name="Talk", exact=True).click()
    socket = server.socket()
    wait_for(lambda: len(socket.frames) > 20)
    assert socket.path == "/ws/browser_voice/"
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("button", name="Talk", exact=True)).to_be_visible()


def test_keeping_a_test_case(page: Page, server: ScriptedServer, agent: Agent) -> None:
    talk(page, server)
    page.get_by_role("button", name="Keep as test case").click()
    page.get_by_label("Name of the test case").fill("Booking")
    page.get_by_label("Way through the flow").select_option("last")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("status").get_by_text("Kept as “Booking”.")).to_be_visible()
    case = TestCase.objects.get()
    assert (case.agent, case.checks["path"]) == (agent, "last")
    page.get_by_role("tab", name="Test cases").click()
    page.get_by_role("button", name="Booking", exact=True).click()
    expect(page.locator(".tb-said")).to_have_count(2)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    wait_for(lambda: not TestCase.objects.exists())
    expect(page.get_by_text("No test cases yet.")).to_be_visible()
