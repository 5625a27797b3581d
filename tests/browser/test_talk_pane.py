"""An open conversation: words as they are said, listening, whispering, taking over and giving back, in a real browser.

The pages and what they ask for are real; the operator's socket follows the test's script (`tests/browser/watching.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from agents.models import Agent
from channels_io.actions.take_over import take_over
from channels_io.models import Conversation, Event, Note, OwnerChange, Turn
from parley.accounts.models import User
from tests.browser.scripted import ScriptedServer, wait_for
from tests.browser.watching import ScriptedLeg
from tests.support.cast import actor_for
from tests.support.conversations import EXCHANGES, Said, make_conversation

NewPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]
Open = Callable[..., tuple[Page, ScriptedLeg]]


@pytest.fixture
def call(agent: Agent) -> Conversation:
    """A spoken call that goes on; two questions were answered."""
    return make_conversation(agent, contact_name="Jane Doe", exchanges=EXCHANGES[:2], end_reason=None)


@pytest.fixture
def chat(agent: Agent) -> Conversation:
    said = (Said("Can I pay by card?", "Yes, by card or in cash.", (0.0, 0.0, 180.0, 70.0), source="text"),)
    return make_conversation(
        agent, contact_name="Mary Kelly", exchanges=said, kind="web_chat", media="text", end_reason=None
    )


@pytest.fixture
def open_pane(server: ScriptedServer, new_page: NewPage, sign_in: SignIn) -> Open:
    """`open_pane(conversation, user)`: (page, the socket's script). Further options are the page's and the hello's."""

    def opened(conversation: Conversation, user: User, *, hello: dict[str, object] | None = None, **options: object):  # type: ignore[no-untyped-def]
        page = new_page(**options)
        leg = conversation.legs.order_by("-pk")[0]
        leg.seen_at = timezone.now()
        leg.save()
        script = ScriptedLeg(conversation, leg, hello or {})
        script.serve(page)
        sign_in(page, user)
        page.goto(f"{server.url}/conversations/{conversation.public_id}/")
        if leg.ended_at is None:
            until(page, lambda: script.sockets)
        return page, script

    return opened


def until(page: Page, what: Callable[[], object], seconds: float = 15.0) -> None:
    """Playwright hears its sockets only while it is waited in."""
    for _ in range(round(seconds / 0.05)):
        if what():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It did not happen in time.")


def line(page: Page, number: int, role: str, script: ScriptedLeg) -> Locator:
    return page.locator(f'[data-key="{script.leg.public_id}:{number}:{role}"]')


def test_words_appear_as_they_are_said(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, script = open_pane(call, oscar)
    script.tell("speaking", who="caller", on=True)
    script.tell("partial", text="could I")
    partial = page.locator(".tk-turn.is-partial")
    expect(partial).to_have_count(1)
    expect(partial.locator("[data-words]")).to_have_text("could I")
    expect(page.locator('[data-speaker="caller"]')).to_have_class(re.compile("is-speaking"))
    script.tell("partial", text="could I come on")
    expect(partial.locator("[data-words]")).to_have_text("could I come on")
    script.tell("heard", turn=3, text="Could I come on Saturday?", at_ms=30_000)
    expect(partial).to_have_count(0)
    expect(line(page, 3, "caller", script).locator("[data-words]")).to_have_text("Could I come on Saturday?")

    script.tell("reply", turn=3, text="Yes, at", role="agent", done=False)
    answer = line(page, 3, "agent", script)
    expect(answer).to_have_class(re.compile("is-live"))
    script.tell("reply", turn=3, text="Yes, at nine. It takes an hour.", role="agent", done=True)
    script.tell("settled", turn=3, text="Yes, at nine.", cut=True)
    expect(answer.locator("s")).to_contain_text("It takes an hour.")
    expect(answer.locator("[data-cut]")).to_be_visible()
    script.tell("timing", turn=3, v2v_ms=540.0, spans=[["silence", 200.0], ["first token", 340.0]])
    expect(answer.locator("summary [data-total]")).to_have_text("540 ms")
    answer.locator("summary").click()
    expect(answer.locator("tbody tr")).to_have_count(2)
    expect(answer.locator("tbody")).to_contain_text("first token")


def test_what_sounded_like_speech_and_was_none_goes(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, script = open_pane(call, oscar)
    script.tell("partial", text="mm")
    expect(page.locator(".tk-turn.is-partial")).to_have_count(1)
    script.tell("partial", text="")
    expect(page.locator(".tk-turn.is-partial")).to_have_count(0)


def test_the_flow_and_what_it_knows_are_followed(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, script = open_pane(call, oscar, hello={"node": "main", "variables": {"day": "2026-11-28"}})
    expect(page.locator('[data-variable="day"] dd')).to_have_text("2026-11-28")
    script.tell(
        "node", turn=3, node="booking", title="Appointment", variables={"day": "2026-11-28", "first_name": "Jane"}
    )
    expect(page.locator('[data-variable="first_name"] dd')).to_have_text("Jane")
    expect(page.locator('[data-box="flow"] [data-node-title]')).to_have_text("Appointment")
    expect(page.locator(".tk-mark")).to_contain_text(["Appointment"])
    script.tell("tool", name="find_slot", ok=True)
    expect(page.locator(".tk-event").last).to_contain_text("find_slot")


def test_listening_is_asked_for_played_and_metered(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, script = open_pane(call, oscar)
    listen = page.locator("[data-do=listen]")
    page.keyboard.press("l")
    expect(listen).to_have_attribute("aria-pressed", "true")
    until(page, lambda: {"type": "listen", "on": True} in script.said)
    script.sound(0, 0.4)
    expect(page.locator('[data-speaker="caller"] .is-lit').first).to_be_visible()
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "false")
    until(page, lambda: {"type": "listen", "on": False} in script.said)


def test_a_call_is_taken_over_with_the_microphone_and_given_back(
    call: Conversation, oscar: User, open_pane: Open
) -> None:
    page, script = open_pane(call, oscar)
    page.keyboard.press("o")
    expect(page.locator("[data-do=give]")).to_be_visible()
    expect(page.locator("[data-owner-name]")).to_have_text("You")
    call.refresh_from_db()
    assert (call.owner, call.owner_user) == ("human", oscar)
    until(page, lambda: len(script.frames) > 10)
    assert {len(frame) for frame in script.frames} == {640}, "20 ms of 16 kHz"
    assert {"type": "listen", "on": True} in script.said, "who talks has to hear"
    expect(page.locator('button[data-mode="whisper"]')).to_be_hidden()
    expect(page.locator(".tk-mark.is-owner, .tk-mark", has_text="Oscar took over")).to_have_count(1)

    script.tell("reply", turn=4, text="Hello Jane, this is Oscar.", role="human", done=True)
    expect(line(page, 4, "human", script).locator("[data-who]")).to_have_text("Oscar")

    page.keyboard.press("g")
    expect(page.locator("[data-dialog=give]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[data-do=take]")).to_be_visible()
    call.refresh_from_db()
    assert call.owner == "ai"
    sent = len(script.frames)
    page.wait_for_timeout(300)
    assert len(script.frames) <= sent + 1, "the microphone is closed"


def test_without_a_microphone_it_says_why_and_offers_more(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, _script = open_pane(call, oscar, microphone=False)
    page.locator("[data-do=take]").click()
    notice = page.locator("[data-notice]")
    expect(notice).to_contain_text("No microphone found")
    call.refresh_from_db()
    assert call.owner == "ai", "a caller is never handed to somebody who cannot speak"
    notice.get_by_role("button", name="Take over without a microphone").click()
    expect(page.locator("[data-do=give]")).to_be_visible()
    call.refresh_from_db()
    assert call.owner_user == oscar


def test_who_was_too_late_is_told_who_was_faster(call: Conversation, oscar: User, alice: User, open_pane: Open) -> None:
    page, _script = open_pane(call, oscar)
    take_over(actor_for(alice), call, call.owner_number)
    page.locator("[data-do=take]").click()
    expect(page.locator("[data-notice]")).to_contain_text("Alice took this over a moment ago.")
    expect(page.locator("[data-owner-name]")).to_have_text("Alice")
    expect(page.locator("[data-do=give]")).to_be_hidden()
    assert OwnerChange.objects.get().user == alice


def test_what_is_whispered_stays_between_the_two(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, script = open_pane(call, oscar)
    text = page.locator("[data-text]")
    expect(page.locator("[data-composer]")).to_have_attribute("data-mode", "whisper")
    text.fill("Offer ten percent off")
    with page.expect_request("**/whisper/") as asked:
        text.press("Control+Enter")
    assert asked.value.post_data_json == {"text": "Offer ten percent off"}
    expect(text).to_have_value("")
    script.tell("whispered", text="Offer ten percent off", by="Oscar")
    expect(page.locator(".tk-note.is-whisper")).to_contain_text("Oscar whispered to the agent")


def test_what_passed_by_is_shown_once_when_it_is_written_down(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, script = open_pane(call, oscar)
    script.tell("node", turn=2, node="one", title="Reception", variables={})
    script.tell("node", turn=2, node="two", title="Appointment", variables={})
    script.tell("whispered", text="Offer ten percent off", by="Oscar")
    script.tell("tool", name="free_slots", ok=True)
    tools = page.locator(".tk-event", has_text="free_slots")
    whispers, marks = page.locator(".tk-note.is-whisper"), page.locator(".tk-mark", has_text="Appointment")
    expect(page.locator("[data-passing]")).to_have_count(4)
    for seq, kind, data in (
        (900, "node", {"turn": 2, "nodes": ["Reception", "Appointment"]}),
        (901, "whispered", {"text": "Offer ten percent off", "by": "Oscar"}),
        (902, "tool_result", {"name": "free_slots", "ok": True}),
    ):
        Event.objects.create(
            workspace=call.workspace, conversation=call, leg=script.leg, seq=seq, kind=kind, data=data, at_ms=60_000
        )
    page.evaluate("document.querySelector('#talk').dispatchEvent(new CustomEvent('talk:changed'))")
    expect(page.locator("[data-passing]")).to_have_count(0, timeout=4000)  # Before it goes by itself.
    expect(whispers).to_have_count(1)
    expect(marks).to_have_count(1)
    expect(tools).to_have_count(1)


def test_tab_changes_what_is_written_and_escape_leaves(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, _script = open_pane(call, oscar)
    text, form = page.locator("[data-text]"), page.locator("[data-composer]")
    page.keyboard.press("r")
    expect(text).to_be_focused()
    text.type("for the agent")
    for mode in ("say", "note"):
        text.press("Tab")
        expect(form).to_have_attribute("data-mode", mode)
        expect(text).to_have_value("")
    text.fill("Be kind.")
    text.press("Control+Enter")
    expect(text).to_have_value("")
    wait_for(lambda: Note.objects.filter(conversation=call, text="Be kind.").exists())
    expect(page.locator(".tk-note", has_text="Be kind.")).to_be_visible()
    text.press("Tab")
    expect(text).to_have_value("for the agent")
    text.press("Escape")
    expect(text).not_to_be_focused()


def test_after_a_lost_line_nothing_is_missing(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, script = open_pane(call, oscar)
    script.tell("partial", text="and what")
    script.hello["turns"] = [
        {"number": 3, "role": "caller", "text": "And what about Sunday?", "at_ms": 1, "by": ""},
        {"number": 3, "role": "agent", "text": "On Sunday we are closed.", "at_ms": 2, "by": ""},
    ]
    script.lose()
    expect(page.locator("[data-notice]")).to_contain_text("Connection lost")
    until(page, lambda: len(script.sockets) == 2)
    expect(page.locator("[data-notice]")).to_be_hidden()
    expect(line(page, 3, "agent", script).locator("[data-words]")).to_have_text("On Sunday we are closed.")
    expect(page.locator(".tk-turn.is-caller", has_text="And what about Sunday?")).to_have_count(1)


def test_the_end_is_confirmed_and_seen(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, script = open_pane(call, oscar)
    page.locator("[data-do=end]").click()
    with page.expect_request("**/end/"):
        page.locator("[data-dialog=end] button[type=submit]").click()
    script.tell("ended", reason="operator")
    expect(page.locator("[data-live-badge]")).to_be_hidden()
    expect(page.locator("[data-now]")).to_be_hidden()
    expect(page.locator('button[data-mode="note"]')).to_be_visible()
    expect(page.locator('button[data-mode="say"]')).to_be_hidden()


def test_a_chat_is_taken_over_by_writing(chat: Conversation, oscar: User, open_pane: Open) -> None:
    page, _script = open_pane(chat, oscar, hello={"media": "text", "kind": "web_chat"})
    expect(page.locator("[data-send-label]")).to_have_text("Take over and send")
    page.locator("[data-text]").fill("I send you the invoice today.")
    page.locator("[data-send]").click()
    wait_for(lambda: Turn.objects.filter(conversation=chat, role="human").exists())
    turn = Turn.objects.get(conversation=chat, role="human")
    assert (turn.text, turn.by) == ("I send you the invoice today.", oscar)
    expect(page.locator(".tk-turn.is-human")).to_contain_text("I send you the invoice today.")
    expect(page.locator("[data-send-label]")).to_have_text("Send")


def test_who_only_looks_gets_no_buttons(call: Conversation, vera: User, open_pane: Open) -> None:
    page, script = open_pane(call, vera)
    expect(page.get_by_text("You can read along.")).to_be_visible()
    for name in ("listen", "take", "end"):
        expect(page.locator(f"[data-do={name}]")).to_have_count(0)
    script.tell("heard", turn=3, text="Still there?", at_ms=1)
    expect(line(page, 3, "caller", script)).to_be_visible()


def test_older_words_are_fetched_and_stay_where_one_reads(agent: Agent, oscar: User, open_pane: Open) -> None:
    long = make_conversation(agent, exchanges=EXCHANGES * 10)
    page, _script = open_pane(long, oscar)
    turns = page.locator(".tk-turn")
    expect(turns).to_have_count(50)
    page.locator("[data-older]").click()
    expect(turns).to_have_count(81)
    expect(page.locator("[data-older]")).to_be_hidden()


def test_on_a_phone_the_details_are_a_sheet(call: Conversation, oscar: User, open_pane: Open) -> None:
    page, _script = open_pane(call, oscar, viewport={"width": 390, "height": 844})
    side = page.locator("[data-side]")
    expect(side).to_be_hidden()
    page.locator("[data-side-toggle]").click()
    expect(side).to_be_visible()
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
