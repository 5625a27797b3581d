"""The whole story of a conversation that a person helps out in: spoken, in a chat on a site, and by WhatsApp.

It appears live in the inbox, is listened to, whispered to, taken over, given back at a chosen step, and ends with what it
came to. A whole stack runs beside the test, on fake engines or, with `make test-story`, on the default models. Two people of
the team watch, one of them on a phone.
Set PARLEY_SHOTS to a folder, and pictures of each stage are left there.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_stack import ANSWER_MS, RunningStack, running, sign_in
from tests.browser.people import LoopbackCaller, WhatsAppPerson, likeness, waited, wav_at_24k

NewPage = Callable[..., Page]
PASSWORD = "correct horse battery"
SAYS = ("Hello, this is Tom. Which day suits you?", "And at what time?", "What is your name, please?")
"""What the person of the team asks on the call."""
PAUSES = (7.0, 13.0, 13.0, 240.0)
"""Seconds before each, and after them all."""
NUMBER = "+12025550143"
KEYS = NUMBER.removeprefix("+1")
# The dental template, a calendar that answers, a widget of it, a second person, prices, and the person's microphone.
SETUP = """
import asyncio, json
import numpy as np
from pathlib import Path
from django.conf import settings
from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.engines import fallback_menu
from agents.models import Agent
from channels_io.actions.save_channel import create_channel
from channels_io.actions.save_prices import save_prices
from channels_io.prices import Prices
from channels_io.simulators.clinic_agent import clinic_agent
from channels_io.simulators.wav import write_wav
from channels_io.simulators.world import clinic_url
from channels_io.widget_settings import WIDGET_KIND, WidgetSettings
from inference.audio import AudioFrame
from inference.client import synthesize
from inference.spec import VoiceSpec
from parley.accounts.actor import system_actor
from parley.accounts.models import Membership, Role, User, Workspace
workspace = Workspace.objects.get(slug="demo")
actor = system_actor(workspace)
agent = clinic_agent(workspace, clinic_url())
edit_draft(actor, agent, {"record_audio": True}, revision=Agent.objects.get(pk=agent.pk).draft.revision)
publish_agent(actor, Agent.objects.get(pk=agent.pk), menu=fallback_menu())
widget = create_channel(
    actor, kind=WIDGET_KIND, name="Clinic site", agent=agent, settings=WidgetSettings(title=agent.name).as_json()
)
save_prices(actor, Prices(gpu_hour=800_000, asr_minute=4_300, tts_minute=15_000))
oscar = User.objects.create_user(email="oscar@parley.local", password=%(password)r, name="Oscar")
Membership.objects.create(workspace=workspace, user=oscar, role=Role.OPERATOR)
parts = []
for words, pause in zip(%(says)r + ("",), %(pauses)r):
    parts.append(np.zeros(round(24000 * pause), dtype=np.int16))
    if words:
        voice = VoiceSpec("default", "default")
        frame = asyncio.run(synthesize(settings.PARLEY_WORKERS[0], settings.PARLEY_WORKER_TOKEN, words, voice))
        parts.append(frame.samples)
        if len(parts) == 2:
            write_wav(Path(%(folder)r) / "first.wav", frame)
write_wav(Path(%(folder)r) / "operator.wav", AudioFrame.from_samples(np.concatenate(parts), 24000))
print(json.dumps({"agent": agent.public_id, "slug": agent.slug, "workspace": workspace.public_id, "widget": widget.public_id}))
"""
TICKET = """
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
print(issue_ticket(Ticket(workspace=%(workspace)r, kind="browser_voice", agent=%(agent)r, origins=(ANY_ORIGIN,))))
"""


@dataclass
class Team:
    """Two people of the team, each with a browser: Olivia at a desk, with a microphone, and Oscar on a phone."""

    desk: Page
    phone: Page
    stack: RunningStack
    place: dict[str, str]
    real: bool
    folder: Path

    def shot(self, name: str) -> None:
        if folder := os.environ.get("PARLEY_SHOTS"):
            for page, where in ((self.desk, "desk"), (self.phone, "phone")):
                page.wait_for_timeout(300)
                page.screenshot(path=f"{folder}/{name}-{where}.png")

    def finds(self, conversation: str) -> None:
        """It appears in both inboxes by itself, live, and is opened there."""
        for page in (self.desk, self.phone):
            row = page.locator(f'[data-row="{conversation}"]')
            expect(row).to_be_visible(timeout=ANSWER_MS)
            row.locator("[data-open]").click()
            expect(page.locator("[data-talk]")).to_have_attribute("data-conversation", conversation)

    def whispers(self, text: str) -> None:
        self.desk.locator("button[data-mode=whisper]").click()
        self.desk.locator("[data-text]").fill(text)
        self.desk.locator("[data-text]").press("Control+Enter")
        for page in (self.desk, self.phone):
            expect(page.locator(".tk-note.is-whisper").first).to_contain_text(text, timeout=ANSWER_MS)
        self.desk.locator("[data-text]").press("Escape")

    def takes_over(self) -> None:
        self.desk.keyboard.press("o")
        expect(self.desk.locator("[data-owner-name]")).to_have_text("You", timeout=ANSWER_MS)
        expect(self.phone.locator("[data-owner]")).to_have_class(re.compile("is-human"), timeout=ANSWER_MS)
        expect(self.phone.locator("[data-do=take]")).to_be_hidden()

    def writes(self, text: str) -> None:
        self.desk.locator("button[data-mode=reply]").click()
        self.desk.locator("[data-text]").fill(text)
        self.desk.locator("[data-text]").press("Control+Enter")
        for page in (self.desk, self.phone):
            expect(page.locator(".tk-turn.is-human", has_text=text)).to_have_count(1, timeout=ANSWER_MS)
        self.desk.locator("[data-text]").press("Escape")

    def hears(self, text: str) -> None:
        """What the contact said is there, once."""
        expect(self.desk.locator(".tk-turn.is-caller", has_text=text)).to_have_count(1, timeout=ANSWER_MS)

    def gives_back(self, step: str, shot: str) -> None:
        """At a step of the flow, looked for by its name."""
        self.desk.keyboard.press("g")
        dialog = self.desk.locator("[data-dialog=give]")
        dialog.locator("[data-node-search]").fill(step[:5].lower())
        dialog.locator("[data-choice]", has_text=step).locator("input").check()
        self.shot(shot)
        dialog.locator("button[type=submit]").click()
        for page in (self.desk, self.phone):
            expect(page.locator("[data-owner]")).not_to_have_class(re.compile("is-human"), timeout=ANSWER_MS)
            mark = page.locator(".tk-mark.is-owner").last
            expect(mark).to_contain_text(step, timeout=ANSWER_MS)

    def asks_what_it_came_to(self, conversation: str) -> None:
        """Before it has been quiet for long."""
        self.desk.goto(f"{self.stack.stack.web_url}/conversations/{conversation}/")
        with self.desk.expect_response(lambda answer: answer.request.method == "POST"):
            self.desk.locator("[data-analysis] .an-foot button").click()

    def reads_what_it_came_to(self, conversation: str, outcome: str, shot: str) -> None:
        """Summary, outcome and cost on the conversation's page; the record shows who said what."""
        url = f"{self.stack.stack.web_url}/conversations/{conversation}/"
        summary = self.desk.locator("[data-analysis] .an-summary")

        def looked_at() -> bool:
            self.desk.goto(url)
            return bool(self.desk.locator("[data-analysis] .an-cost").count() and summary.count())

        assert waited(looked_at, 120)
        assert len(summary.inner_text()) > 20
        expect(self.desk.locator(".an-badges")).to_contain_text(outcome)
        expect(self.desk.locator(".an-cost summary strong")).to_have_text(re.compile(r"\d"))
        self.phone.goto(url)
        self.phone.locator("[data-side-toggle]").click()
        expect(self.phone.locator("[data-analysis] .an-badges")).to_contain_text(outcome)
        self.shot(shot)
        self.desk.goto(f"{url}?tab=record")
        expect(self.desk.locator("[data-turn].is-human").first).to_be_visible()
        self.shot(f"{shot}-record")
        for page in (self.desk, self.phone):
            open_inbox(page, self.stack)


def open_inbox(page: Page, stack: RunningStack) -> None:
    page.goto(f"{stack.stack.web_url}/inbox/?tab=all")
    expect(page.locator("[data-inbox][data-ready]")).to_be_visible()


def count_sound(page: Page) -> Callable[[], int]:
    """How many pieces of a call's sound the page has been sent."""
    pieces = [0]

    def count(payload: str | bytes) -> None:
        pieces[0] += isinstance(payload, bytes)

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    return lambda: pieces[0]


# --- the three stories --------------------------------------------------------------------------


def a_call(team: Team) -> None:
    ticket = team.stack.shell(TICKET % team.place)
    pieces = count_sound(team.desk)
    caller = LoopbackCaller(team.stack, ticket, spoken=team.real)
    try:
        assert "Smile Dental" in caller.greeted()
        team.finds(caller.conversation)
        assert caller.asks("q07")
        team.hears("cleaning" if team.real else "How much does a cleaning cost?")
        assert pieces() == 0
        team.desk.keyboard.press("l")
        expect(team.desk.locator("[data-do=listen]")).to_have_attribute("aria-pressed", "true")
        team.desk.wait_for_timeout(500)
        team.whispers("Offer ten percent off")
        team.desk.wait_for_timeout(3000 if team.real else 0)  # As long as a caller thinks.
        answer = caller.asks("q06")
        if team.real:
            assert re.search(r"\b(ten|10) ?(percent|%)", answer), answer
        assert pieces() > 20
        team.shot("call-1-whispered")

        team.takes_over()
        caller.heard("colleague")
        people = team.desk.locator(".tk-turn.is-human")
        for number, clip in enumerate(("s3", "s4", "s5")):
            expect(people.nth(number)).not_to_be_empty(timeout=ANSWER_MS)
            team.desk.wait_for_timeout(300)
            caller.say(clip)
        team.hears("Hill" if team.real else "My name is Peter Hill.")
        heard = likeness(wav_at_24k(team.folder / "first.wav"), caller.sound())
        assert heard > 0.7, f"the caller heard something else than the microphone: {heard:.2f}"
        team.shot("call-2-taken")

        team.gives_back("Appointment", "call-3-give-back")
        caller.heard("with you again")
        asked = caller.heard("What is it for")
        assert not re.search("Which day|what time|your name", asked)
        caller.quiet()
        phone = caller.asks("s2")
        assert "phone number" in phone, phone
        caller.type(KEYS)
        whole = caller.heard("Is that right?")
        assert "Peter Hill" in whole and "cleaning" in whole and "Tuesday" in whole, whole
        caller.quiet()
        caller.say("s6")
        caller.heard("You are booked")
        caller.quiet()
        team.shot("call-4-booked")
    finally:
        caller.hang_up()
    expect(team.desk.locator("[data-live-badge]")).to_be_hidden(timeout=ANSWER_MS)
    team.reads_what_it_came_to(caller.conversation, "Booked", "call-5-over")


def a_chat(team: Team, visitor: Page) -> None:
    sign_in(visitor, team.stack.stack)  # The demonstration page is the team's own.
    visitor.goto(f"{team.stack.stack.web_url}/widget/{team.place['widget']}/demo/")
    visitor.get_by_role("button", name="Open the conversation").click()
    lines = visitor.locator(".pc-line[data-role=agent][data-state=done]")

    def write(text: str) -> None:
        visitor.get_by_label("Write a message").fill(text)
        visitor.get_by_label("Write a message").press("Enter")

    def asks(text: str, words: str) -> str:
        write(text)
        expect(lines.last).to_contain_text(words, timeout=ANSWER_MS)
        return lines.last.inner_text()

    asks("How much does a cleaning cost?", "80" if team.real else "How much")
    row = team.desk.locator("[data-row]", has=team.desk.locator(".ib-live")).first
    expect(row).to_be_visible(timeout=ANSWER_MS)
    conversation = row.get_attribute("data-row") or ""
    team.finds(conversation)
    team.whispers("Offer ten percent off")
    answer = asks("How much is a check-up?", "percent" if team.real else "check-up")
    assert not team.real or re.search(r"\b(ten|10) ?(percent|%)", answer), answer
    asks("I would like to make an appointment.", "What is it for")

    team.takes_over()
    team.writes("Tom here. Which day suits you, and at what time?")
    expect(lines.last).to_contain_text("Tom here.", timeout=ANSWER_MS)
    write("Next Tuesday at ten in the morning.")
    team.hears("Next Tuesday at ten")
    team.writes("And what is your name?")
    write("My name is Susan Baker.")
    team.hears("My name is Susan Baker.")
    team.shot("chat-1-taken")
    team.gives_back("Appointment", "chat-2-give-back")
    expect(lines.last).to_contain_text("What is it for", timeout=ANSWER_MS)
    asks("A cleaning, please.", "phone number")
    whole = asks(KEYS, "Is that right?")
    assert "Susan Baker" in whole and "Tuesday" in whole, whole
    asks("Yes", "You are booked")
    team.shot("chat-3-booked")
    visitor.close()
    expect(team.desk.locator("[data-live-badge]")).to_be_hidden(timeout=ANSWER_MS)
    team.reads_what_it_came_to(conversation, "Booked", "chat-4-over")


def by_whatsapp(team: Team, person: WhatsAppPerson) -> None:
    person.asks("How much does a cleaning cost?")
    row = team.desk.locator("[data-row]", has=team.desk.locator('[aria-label^="WhatsApp"]')).first
    expect(row).to_be_visible(timeout=ANSWER_MS)
    conversation = row.get_attribute("data-row") or ""
    team.finds(conversation)
    team.whispers("Offer ten percent off")
    answer = person.asks("How much is a check-up?", "percent" if team.real else "")
    assert not team.real or re.search(r"\b(ten|10) ?(percent|%)", answer), answer
    person.asks("I would like to make an appointment.", "What is it for")
    person.asks("Whitening, please.", "Which day")

    team.takes_over()
    before = len(person.got)
    team.writes("Tom here. Would next Wednesday at nine in the morning be all right?")
    person.reads("Tom here.", before)
    person.write("Yes, that is fine.")
    team.hears("Yes, that is fine.")
    team.shot("whatsapp-1-taken")
    before = len(person.got)
    team.gives_back("Appointment", "whatsapp-2-give-back")
    asked = person.reads("What is your name", before)
    assert not re.search("Which day|what time", asked), asked
    person.asks("Ann Miller", "phone number")
    whole = person.asks(KEYS, "Is that right?")
    assert "Wednesday" in whole and "Ann Miller" in whole and "whitening" in whole, whole
    person.asks("Yes", "You are booked")
    # Nobody says goodbye in a thread of messages: it is looked at when it has been quiet, or when somebody asks for it.
    team.shot("whatsapp-3-booked")
    team.asks_what_it_came_to(conversation)
    team.reads_what_it_came_to(conversation, "Booked", "whatsapp-4-over")


# --- who plays them -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A stack that runs, and somebody who can write to it by WhatsApp."""

    stack: RunningStack
    place: dict[str, str]
    person: WhatsAppPerson
    folder: Path
    real: bool

    def team(self, new_page: NewPage) -> Team:
        desk = new_page(wav=self.folder / "operator.wav", viewport={"width": 1440, "height": 900})
        phone = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
        sign_in(desk, self.stack.stack)
        sign_in(phone, self.stack.stack, "oscar@parley.local", PASSWORD)
        for page in (desk, phone):
            open_inbox(page, self.stack)
        return Team(desk, phone, self.stack, self.place, self.real, self.folder)


@pytest.fixture(scope="module", params=["fake", pytest.param("default", marks=[pytest.mark.model, pytest.mark.story])])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("story")
    values: dict[str, Any] = {"password": PASSWORD, "says": SAYS, "pauses": PAUSES, "folder": str(folder)}
    with running(request.param, setup=SETUP % values, background=True) as stack:
        place = json.loads(stack.said)
        person = WhatsAppPerson.of(stack, place["slug"], NUMBER)  # Brings the clinic's calendar, too.
        try:
            yield Stage(stack, place, person, folder, request.param != "fake")
        finally:
            person.leave()


@pytest.mark.timeout(600)
def test_a_call(stage: Stage, new_page: NewPage) -> None:
    a_call(stage.team(new_page))


@pytest.mark.story
@pytest.mark.timeout(400)
def test_a_chat_on_a_site(stage: Stage, new_page: NewPage) -> None:
    a_chat(stage.team(new_page), new_page(viewport={"width": 1000, "height": 800}))


@pytest.mark.story
@pytest.mark.timeout(400)
def test_by_whatsapp(stage: Stage, new_page: NewPage) -> None:
    by_whatsapp(stage.team(new_page), stage.person)
