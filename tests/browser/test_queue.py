"""The queue in the top bar, in a real browser: who waits, being told, taking it, and saying that I take none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from agents.models import Agent
from channels_io.actions.ask_for_person import ask_for_person
from channels_io.actions.save_team import TeamValues, save_team
from channels_io.models import Handoff, OperatorPresence, Team
from parley.accounts.actor import system_actor
from parley.accounts.models import User, Workspace
from tests.browser.scripted import ScriptedServer, wait_for
from tests.support.conversations import EXCHANGES, make_conversation

NewPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]
HINT = {"type": "changed", "conversation": "", "what": ["handoff"]}


@pytest.fixture
def team(acme: Workspace, alice: User) -> Team:
    return save_team(system_actor(acme), TeamValues(name="Front desk", members={alice.public_id: []}))


@pytest.fixture
def teams_page(new_page: NewPage, sign_in: SignIn, server: ScriptedServer, alice: User, team: Team) -> Page:
    server.open_to_all = True
    page = new_page()
    page.add_init_script(
        """
        window.told = [];
        window.Notification = class {
          static permission = "default";
          static async requestPermission() { this.permission = "granted"; return "granted"; }
          constructor(title, options) { window.told.push([title, options.body, options.tag]); }
          addEventListener() {}
          close() {}
        };
        """
    )
    sign_in(page, alice)
    page.goto(f"{server.url}/teams/")
    expect(page.locator("[data-queue]")).to_be_visible()
    return page


def ask(agent: Agent, team: Team, name: str = "Ann Miller", reason: str = "Wants a refund") -> Handoff:
    conversation = make_conversation(
        agent, exchanges=EXCHANGES[:1], kind="web_chat", media="text", identity=("visitor", name), contact_name=name
    )
    return ask_for_person(conversation, team=team, key=name, reason=reason, summary="Ordered a crown in May.")


def test_somebody_waits_and_is_taken(
    teams_page: Page, server: ScriptedServer, agent: Agent, team: Team, alice: User
) -> None:
    page, queue = teams_page, teams_page.locator("[data-queue]")
    expect(queue.locator("[data-count]")).to_be_hidden()
    queue.locator("summary").click()
    expect(queue.get_by_text("Nobody waits for a person.")).to_be_visible()
    queue.get_by_role("button", name="Notify me").click()
    expect(queue.get_by_role("button", name="Notify me")).to_have_attribute("aria-pressed", "true")

    row = ask(agent, team)
    server.socket().tell(HINT)
    expect(queue.locator("[data-count]")).to_have_text("1")
    expect(queue.locator("[data-rows]")).to_contain_text("Wants a refund")
    assert page.evaluate("window.told") == [["Ann Miller waits for Front desk", "Wants a refund", row.public_id]]
    timer = queue.locator("time")
    expect(timer).to_have_class("qu-timer is-good")
    Handoff.objects.update(due_at=timezone.now() - timedelta(seconds=5))
    server.socket().tell(HINT)
    expect(timer).to_have_class("qu-timer is-bad")
    assert len(page.evaluate("window.told")) == 1, "it is the same one"

    queue.get_by_role("button", name="Take").click()
    page.wait_for_url(f"**/inbox/?c={row.conversation.public_id}")
    row.refresh_from_db()
    assert (row.state, row.taken_by) == ("taken", alice)


def test_somebody_else_was_faster(
    teams_page: Page, server: ScriptedServer, agent: Agent, team: Team, bob: User
) -> None:
    row, queue = ask(agent, team), teams_page.locator("[data-queue]")
    server.socket().tell(HINT)
    queue.locator("summary").click()
    take = queue.get_by_role("button", name="Take")
    expect(take).to_be_visible()
    Handoff.objects.filter(pk=row.pk).update(state="expired")
    take.click()
    expect(queue.get_by_role("alert")).to_contain_text("This is over")
    expect(take).to_have_count(0)


def test_i_take_none(teams_page: Page, server: ScriptedServer, acme: Workspace, alice: User) -> None:
    queue = teams_page.locator("[data-queue]")
    queue.locator("summary").click()
    queue.get_by_role("switch").click()
    expect(queue.get_by_text("You take none")).to_be_visible()
    wait_for(lambda: OperatorPresence.objects.filter(user=alice, available=False).exists())
    teams_page.reload()
    expect(teams_page.locator("[data-queue].is-off")).to_be_visible()
