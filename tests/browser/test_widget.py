"""The widget on pages of other sites: a second server on another port is another origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from agents.models import Agent
from channels_io.actions.save_channel import create_channel
from channels_io.models import Channel
from channels_io.widget_settings import WIDGET_KIND
from parley.accounts.actor import system_actor
from parley.accounts.models import User
from tests.browser.scripted import ScriptedServer, tone, wait_for
from tests.support.conversations import make_conversation

NewPage = Callable[..., Page]


class Site:
    """A customer's site: one page, whatever its path."""

    def __init__(self) -> None:
        self.html = ""
        self.policy = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def embed(self, server: ScriptedServer, *widgets: str) -> None:
        script = f'<script type="module" src="{server.url}/widget.js"></script>'
        self.html = f"<!doctype html><title>Shop</title><h1>Shop</h1>{script}{''.join(widgets)}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *arguments: object) -> None:
        self.site = site
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        body = self.site.html.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self.site.policy:
            self.send_header("Content-Security-Policy", self.site.policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.close()


@pytest.fixture
def channel(agent: Agent, site: Site) -> Channel:
    settings = {"title": "Ask us", "allowed_origins": [site.origin], "colour": "#b4235a", "modes": ["voice", "chat"]}
    return create_channel(system_actor(agent.workspace), kind=WIDGET_KIND, name="Site", agent=agent, settings=settings)


def tag(channel: Channel, attributes: str = "") -> str:
    return f'<parley-widget channel="{channel.public_id}" {attributes}></parley-widget>'


def visitor_of(page: Page, channel: Channel) -> dict[str, object]:
    kept: dict[str, object] = page.evaluate(f"JSON.parse(localStorage.getItem('parley:{channel.public_id}'))")
    return kept


def test_chat_is_kept_over_pages(new_page: NewPage, server: ScriptedServer, site: Site, channel: Channel) -> None:
    site.embed(server, tag(channel))
    page = new_page()
    page.goto(site.origin)
    page.get_by_role("button", name="Open the conversation").click()
    expect(page.get_by_role("dialog", name="Ask us")).to_be_visible()
    field = page.get_by_label("Write a message")
    expect(field).to_be_focused()
    field.fill("Do you deliver?")
    field.press("Enter")
    socket = server.socket()
    ticket = socket.ticket
    assert ticket is not None
    assert (socket.path, socket.origin, ticket.origins) == ("/ws/web_chat/", site.origin, (site.origin,))
    assert (ticket.channel, ticket.conversation) == (channel.public_id, "")
    assert ticket.identity is not None
    wait_for(lambda: socket.typed())
    message = socket.typed()[0]
    socket.tell({"type": "heard", "turn": 1, "text": message["text"], "source": "text", "id": message["id"]})
    socket.reply(1, "Yes, within the city.")
    expect(page.locator(".pc-line[data-role=agent]")).to_contain_text("Yes, within the city.")

    visitor = str(ticket.identity[1])
    kept = make_conversation(channel.agent, channel=channel, identity=("visitor", visitor))
    page.evaluate(
        "([key, conversation]) => localStorage.setItem(key, JSON.stringify("
        "{...JSON.parse(localStorage.getItem(key)), conversation}))",
        [f"parley:{channel.public_id}", kept.public_id],
    )
    page.goto(site.origin + "/another")
    expect(page.get_by_role("dialog", name="Ask us")).to_be_visible()
    expect(page.locator(".pc-line")).to_have_count(2)
    page.get_by_label("Write a message").fill("And on Sunday?")
    page.get_by_label("Write a message").press("Enter")
    again = server.socket(1).ticket
    assert again is not None
    assert again.identity == ticket.identity
    assert again.conversation == kept.public_id
    expect(page.locator(".pc-line")).to_have_count(3)


def test_voice_with_the_strictest_policy_that_lets_it_in(
    new_page: NewPage, server: ScriptedServer, site: Site, channel: Channel
) -> None:
    site.embed(server, tag(channel))
    socket_url = server.url.replace("http", "ws")
    site.policy = f"default-src 'none'; script-src {server.url}; connect-src {server.url} {socket_url}"
    page = new_page()
    page.goto(site.origin)
    page.get_by_role("button", name="Open the conversation").click()
    page.get_by_role("button", name="Speak").click()
    socket = server.socket()
    assert socket.path == "/ws/browser_voice/"
    wait_for(lambda: socket.loudest() > 0.1, "the microphone is heard")
    socket.reply(1, "Hello from the agent.", tone(1.0))
    wait_for(lambda: any(report["done"] for report in socket.played(1)))
    assert socket.played(1)[-1]["samples"] == 24_000
    page.get_by_role("button", name="Mute").click()
    expect(page.get_by_role("button", name="Unmute")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("status")).to_have_text("The conversation has ended")


def test_another_site_is_refused(new_page: NewPage, server: ScriptedServer, site: Site, channel: Channel) -> None:
    site.embed(server, tag(channel))
    channel.settings = {**channel.settings, "allowed_origins": ["https://elsewhere.example"]}
    channel.save()
    page = new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(site.origin)
    expect(page.locator("parley-widget")).to_have_attribute("data-state", "unavailable")
    expect(page.get_by_role("button")).to_have_count(0)
    page.wait_for_function("true")
    assert any("does the channel allow this site" in text for text in said)
    assert site.origin in " ".join(said)
    assert server.sockets == []


def test_keyboard_and_names(new_page: NewPage, server: ScriptedServer, site: Site, channel: Channel) -> None:
    site.embed(server, '<a href="#after">after</a>', tag(channel))
    page = new_page()
    page.goto(site.origin)
    launcher = page.get_by_role("button", name="Open the conversation")
    launcher.focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Write a message")
    expect(field).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
    inside = page.evaluate("document.activeElement.localName")
    assert inside != "parley-widget", "the keyboard can leave the panel"
    field.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Open the conversation")).to_be_focused()


def test_theme_and_two_on_a_page(new_page: NewPage, server: ScriptedServer, site: Site, channel: Channel) -> None:
    dark = tag(channel, 'theme="dark" position="left" title="Night desk" colour="#ffd400" open')
    site.embed(server, tag(channel), dark)
    page = new_page()
    page.goto(site.origin)
    panel = page.get_by_role("dialog", name="Night desk")
    expect(panel).to_be_visible()
    expect(panel).to_have_css("background-color", "rgb(23, 32, 42)")
    expect(panel.get_by_role("button", name="Speak")).to_have_css("color", "rgb(16, 32, 31)")
    first, second = page.locator("parley-widget .launcher").all()
    left, right = second.bounding_box(), first.bounding_box()
    assert left is not None and right is not None
    assert left["x"] < 100 < 1000 < right["x"]
    expect(first).to_have_css("background-color", "rgb(180, 35, 90)")


def test_busy_denied_and_offline(new_page: NewPage, server: ScriptedServer, site: Site, channel: Channel) -> None:
    site.embed(server, tag(channel, "open"))
    server.refusals = [4429]
    page = new_page()
    page.goto(site.origin)
    page.get_by_role("button", name="Speak").click()
    status = page.get_by_role("status")
    expect(status).to_have_text("All lines are busy")
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.get_by_label("Write a message").fill("Call me back, please.")
    page.get_by_label("Write a message").press("Enter")
    expect(page.locator(".pc-line")).to_have_attribute("data-state", "sending")
    page.context.set_offline(False)
    socket = server.socket(1)
    wait_for(lambda: socket.typed(), "it is sent when the network is back")
    assert socket.typed()[0]["text"] == "Call me back, please."

    denied = new_page(allowed=False)
    denied.goto(site.origin)
    denied.get_by_role("button", name="Speak").click()
    expect(denied.get_by_role("status")).to_have_text("The microphone is blocked")


def test_a_disabled_channel_shows_nothing(
    new_page: NewPage, server: ScriptedServer, site: Site, channel: Channel
) -> None:
    channel.enabled = False
    channel.save()
    site.embed(server, tag(channel))
    page = new_page()
    page.goto(site.origin)
    expect(page.locator("parley-widget")).to_have_attribute("data-state", "unavailable")
    expect(page.get_by_role("button")).to_have_count(0)


def test_own_demo_page(
    new_page: NewPage,
    server: ScriptedServer,
    channel: Channel,
    alice: User,
    sign_in: Callable[[Page, User], None],
) -> None:
    page = new_page()
    sign_in(page, alice)
    page.goto(server.url + reverse("channels_io:widget-demo", args=[channel.public_id]))
    page.get_by_role("button", name="Open the conversation").click()
    page.get_by_role("button", name="Speak").click()
    assert server.socket().origin == server.url
    expect(page.get_by_role("status")).to_have_text("Listening")
    assert re.fullmatch("[0-9a-f]{32}", str(visitor_of(page, channel)["visitor"]))
