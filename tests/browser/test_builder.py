"""The flow canvas: a dental agent from nothing to a published version and back, and what two people do to each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from agents.models import Agent, Draft
from parley.accounts.models import User, Workspace
from tests.browser.building import Builder, build_dental, mend, open_empty, start_talking
from tests.browser.live_stack import ANSWER_MS, running, speak
from tests.browser.scripted import ScriptedServer, wait_for
from tests.support.agents import make_agent

NewPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A stack with everything in it runs beside the browser."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


# --- the whole story, on a stack of its own -------------------------------------------------------


def write(page: Page, text: str) -> None:
    page.get_by_label("Write to the agent").fill(text)
    page.get_by_label("Write to the agent").press("Enter")


def talk_by_text(builder: Builder) -> None:
    """Two slots in one sentence; the look-up answers what the bench says; the way lights up."""
    page = builder.page
    page.get_by_role("button", name="Test", exact=True).click()
    page.get_by_role("tab", name="Tools").click()
    page.get_by_role("checkbox", name="Free slots").check()
    page.get_by_label("Answer").fill('{"slots": [{"time": "15:30"}]}')
    page.get_by_role("tab", name="Conversation").click()
    log = page.get_by_role("log")
    write(page, "I would like to book an appointment, please.")
    expect(log).to_contain_text("What is your name?", timeout=ANSWER_MS)
    expect(page.locator(".bd-card.is-now")).to_have_attribute("data-node-name", "Appointment")
    write(page, "My name is Peter Hill.")
    expect(log).to_contain_text("Which day suits you?", timeout=ANSWER_MS)
    day = timezone.localdate() + timedelta(days=9)  # "Next Tuesday", said on a Monday, is asked about.
    write(page, f"{day.day} {day:%B} at half past three.")
    expect(log).to_contain_text(f"Thank you, Peter Hill. I have you down for {day:%A}", timeout=ANSWER_MS)
    expect(log).to_contain_text("Goodbye.", timeout=ANSWER_MS)
    page.get_by_role("tab", name="Variables").click()
    expect(page.locator(".tb-variables")).to_contain_text("15:30")
    page.get_by_role("tab", name="Conversation").click()


def change_compare_restore(builder: Builder) -> None:
    page = builder.page
    builder.publish("First try")
    expect(page.locator("[data-standing]")).to_have_text("Version 1 is live")
    builder.pick("Goodbye")
    builder.write("Say goodbye", "See you soon.")
    builder.saved()
    expect(page.locator("[data-standing]")).not_to_have_text("Version 1 is live")
    page.get_by_role("button", name="Versions").click()
    first = page.locator('[data-version="1"]')
    expect(first).to_contain_text("First try")
    first.get_by_role("button", name="Compare with draft").click()
    expect(page.locator("[data-diff] ins")).to_contain_text("See you soon.")
    expect(page.locator(".bd-card.is-changed")).to_have_attribute("data-node-name", "Goodbye")
    page.locator("[data-close-diff]").click()
    builder.publish("Shorter goodbye")
    expect(page.locator("[data-standing]")).to_have_text("Version 2 is live")
    first.get_by_role("button", name="Restore").click()
    first.get_by_role("button", name="Replace the draft?").click()
    expect(builder.card("Goodbye")).to_contain_text("Thank you for calling.")
    expect(page.locator("[data-standing]")).not_to_have_text("Version 2 is live")
    builder.publish("As it was")
    expect(page.locator("[data-standing]")).to_have_text("Version 3 is live")


@pytest.mark.timeout(500)
def test_a_dental_agent_from_nothing(new_page: NewPage, tmp_path: Path) -> None:
    wav = speak(tmp_path / "caller.wav", 4.0, "q01", 600.0)
    with running("fake") as stack:
        page = new_page(wav=wav, viewport={"width": 1440, "height": 900})
        builder = open_empty(page, stack)
        build_dental(builder)
        mend(builder)
        talk_by_text(builder)
        change_compare_restore(builder)
        start_talking(page)
        expect(page.get_by_role("log")).to_contain_text("You said this to me", timeout=ANSWER_MS)
        expect(page.locator(".bd-card.is-now")).to_have_attribute("data-node-name", "Reception")


# --- editing --------------------------------------------------------------------------------------


@pytest.fixture
def dental(acme: Workspace) -> Agent:
    return make_agent(acme, "Dental", greeting="Hello, Smile Dental.")


@pytest.fixture
def builder(new_page: NewPage, sign_in: SignIn, server: ScriptedServer, dental: Agent, alice: User) -> Builder:
    page = new_page()
    sign_in(page, alice)
    opened = Builder(page)
    page.goto(address(server, dental))
    opened.ready()
    return opened


def address(server: ScriptedServer, agent: Agent) -> str:
    return server.url + reverse("agents:builder", args=[agent.public_id])


def names(agent: Agent) -> list[str]:
    """The names of the draft's nodes, as the server has them."""
    return sorted(node["name"] for node in Draft.objects.get(agent=agent).flow.get("nodes", []))


def test_keys_alone_add_write_undo_and_redo(builder: Builder, dental: Agent) -> None:
    page = builder.page
    builder.key("ArrowRight", "ArrowRight")
    expect(page.locator(".bd-card.is-selected")).to_have_attribute("data-kind", "goal")
    builder.key("/")
    page.keyboard.type("say")
    builder.key("Enter")
    expect(page.locator(".bd-card.is-selected")).to_have_attribute("data-kind", "say")
    builder.key("e")
    page.keyboard.type("Goodbye.")
    builder.key("Escape")
    builder.saved()
    assert names(dental) == ["", "", "Say"]
    builder.key("Control+z", "Control+z")
    expect(page.locator(".bd-card")).to_have_count(2)
    builder.saved()
    assert names(dental) == ["", ""]
    builder.key("Control+Shift+z", "Control+Shift+z")
    expect(page.locator(".bd-said", has_text="Goodbye.")).to_be_visible()
    builder.saved()
    flow = Draft.objects.get(agent=dental).flow
    assert [edge["port"] for edge in flow["edges"]] == ["next", "judged"]


def test_a_part_goes_into_another_agent_by_the_clipboard(
    builder: Builder, server: ScriptedServer, acme: Workspace
) -> None:
    page = builder.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".bd-card[data-kind=goal]").click()
    builder.add("say", "Farewell")
    builder.key("Control+c")
    expect(page.locator(".bd-toast")).to_contain_text("1 node copied")
    other = make_agent(acme, "Other")
    builder.saved()
    page.goto(address(server, other))
    builder.ready()
    builder.key("Control+v")
    expect(builder.card("Farewell")).to_be_visible()
    builder.saved()
    assert names(other) == ["", "", "Farewell"]


def test_what_two_people_do_to_different_nodes_is_joined(builder: Builder, dental: Agent) -> None:
    second = Builder(builder.page.context.new_page())
    second.page.goto(builder.page.url)
    second.ready()
    second.page.locator(".bd-card[data-kind=goal]").click()
    second.add("say", "Theirs")
    second.saved()
    builder.page.locator(".bd-card[data-kind=goal]").click()
    builder.add("wait", "Mine")
    expect(builder.card("Theirs")).to_be_visible()
    builder.saved()
    assert names(dental) == ["", "", "Mine", "Theirs"]
    expect(builder.page.locator(".bd-toast")).to_contain_text("1 node came in")


@pytest.mark.parametrize(("choice", "kept"), [("Mine", "Mine"), ("Theirs", "Theirs")])
def test_the_same_node_is_asked_about(builder: Builder, dental: Agent, choice: str, kept: str) -> None:
    second = Builder(builder.page.context.new_page())
    second.page.goto(builder.page.url)
    second.ready()
    second.page.locator(".bd-card[data-kind=goal]").click()
    second.rename("Theirs")
    second.saved()
    builder.page.locator(".bd-card[data-kind=goal]").click()
    builder.rename("Mine")
    dialog = builder.page.get_by_role("dialog")
    expect(dialog).to_contain_text("changed the same thing")
    dialog.get_by_label(choice, exact=True).check()
    dialog.get_by_role("button", name="Go on").click()
    expect(builder.card(kept)).to_be_visible()
    builder.saved()
    assert names(dental) == ["", kept]


def test_a_node_is_put_into_a_line_and_taken_out_again(builder: Builder, dental: Agent) -> None:
    page = builder.page
    page.locator(".react-flow__edge").first.focus()
    builder.key("Enter")
    page.get_by_role("button", name="Put a node in between").click()
    page.get_by_role("dialog", name="Add a node").get_by_role("combobox").press_sequentially("wait")
    builder.key("Enter")
    expect(page.locator(".react-flow__edge")).to_have_count(2)
    wait_for(lambda: names(dental) == ["", "", "Wait"])
    builder.key("Shift+Delete")
    expect(page.locator(".react-flow__edge")).to_have_count(1)
    builder.saved()
    assert names(dental) == ["", ""]


def test_on_a_phone_the_flow_is_a_list(
    new_page: NewPage, sign_in: SignIn, server: ScriptedServer, dental: Agent, alice: User
) -> None:
    page = new_page(viewport={"width": 390, "height": 800}, has_touch=True)
    sign_in(page, alice)
    page.goto(address(server, dental))
    Builder(page).ready()
    page.get_by_role("button", name="List").click()
    page.get_by_role("navigation", name="The flow as a list").get_by_role("button", name=re.compile("Goal")).click()
    expect(page.get_by_label("Name of the node")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_viewer_looks_and_changes_nothing(
    new_page: NewPage, sign_in: SignIn, server: ScriptedServer, dental: Agent, vera: User
) -> None:
    """Without the right to edit there is no palette, and keys change nothing."""
    page = new_page()
    sign_in(page, vera)
    page.goto(address(server, dental))
    Builder(page).ready()
    page.locator(".bd-card[data-kind=goal]").click()
    expect(page.get_by_label("Name of the node")).to_be_disabled()
    page.keyboard.press("Delete")
    expect(page.locator(".bd-card")).to_have_count(2)
    expect(page.get_by_label("Nodes to add")).to_have_count(0)


def test_two_hundred_nodes_are_moved_and_written_without_being_drawn_anew(builder: Builder, dental: Agent) -> None:
    """No timing: the cards that nothing happens to are not touched at all."""
    nodes = [
        {
            "id": f"n{at}",
            "kind": "say",
            "name": f"Say {at}",
            "x": at % 20 * 320,
            "y": at // 20 * 200,
            "values": {"text": "Hello."},
        }
        for at in range(199)
    ]
    draft = Draft.objects.get(agent=dental)
    start = {"id": "s", "kind": "start", "name": "Start", "x": -400, "y": 0, "values": {}, "global": None}
    edges = [
        {"id": f"e{at}", "source": "s" if at == 0 else f"n{at - 1}", "port": "next", "target": f"n{at}", "kind": "else"}
        | {"label": "", "event": "", "match": "all", "rows": [], "priority": 0}
        for at in range(199)
    ]
    draft.flow = {
        "schema": 1,
        "nodes": [start, *(node | {"global": None} for node in nodes)],
        "edges": edges,
        "flows": [],
        "variables": [],
    }
    draft.save()
    page = builder.page
    page.reload()
    expect(page.locator(".bd-card")).to_have_count(200)
    page.evaluate(
        """() => {
            window.touched = new Set();
            new MutationObserver((records) => {
                for (const { target } of records) {
                    const card = (target.closest ? target : target.parentElement)?.closest(".react-flow__node");
                    if (card) window.touched.add(card.dataset.id);
                }
            }).observe(document.querySelector(".react-flow__nodes"), { subtree: true, childList: true, characterData: true });
        }"""
    )
    builder.key("o")
    page.get_by_role("navigation", name="The flow as a list").get_by_role("button", name=re.compile("^Say 5 ")).click()
    expect(builder.card("Say 5")).to_be_visible()
    builder.write("Text", "Another text.")
    wait_for(lambda: "Another text." in str(Draft.objects.get(agent=dental).flow))
    builder.saved()
    assert page.evaluate("[...window.touched]") == ["n5"]
