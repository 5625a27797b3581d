"""A tool as a builder makes it: fields, a test against a server, a part picked from the answer by a click, saving."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from agents.models import Secret, Tool
from agents.tools.shapes import values_of
from parley.accounts.models import User, Workspace
from parley.lib import outbound
from tests.browser.scripted import ScriptedServer
from tests.support.tools import CANARY, FakeOutside, json_answer, make_tool

NewPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> FakeOutside:
    fake = FakeOutside(json_answer('{"day": "Monday", "slots": [{"time": "09:00", "free": true}, {"time": "10:30"}]}'))
    monkeypatch.setattr(outbound, "resolve_name", fake._public)
    monkeypatch.setattr("agents.tools.run.outbound_client", lambda: fake)
    return fake


def test_a_builder_makes_a_tool_tries_it_and_picks_what_the_agent_is_told(
    new_page: NewPage, server: ScriptedServer, sign_in: SignIn, acme: Workspace, bob: User, outside: FakeOutside
) -> None:
    page = new_page(microphone=False)
    sign_in(page, bob)
    page.goto(f"{server.url}/tools/secrets/")
    page.get_by_role("button", name="New secret").first.click()
    page.get_by_label("Name").fill("crm_key")
    page.get_by_label("Secret", exact=True).fill(CANARY)
    page.get_by_label("May be sent to").fill("api.example.com")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("cell", name="api.example.com")).to_be_visible()

    page.goto(f"{server.url}/tools/new/")
    page.get_by_label("Name", exact=True).first.fill("Find slots")
    page.get_by_label("What it is for").fill("Finds free appointments of a day.")
    page.get_by_role("button", name="Add a value").click()
    row = page.locator(".tl-parameter")
    row.get_by_label("Name").fill("day")
    page.get_by_label("Address").fill("http://127.0.0.1/slots?day={{day}}")
    page.get_by_label("Signing in").select_option("bearer")
    page.locator("#secret").select_option("crm_key")
    page.get_by_role("button", name="Create tool").click()
    expect(page.locator('[data-problem="name"]')).to_contain_text("small letters")
    expect(page.locator('[data-problem="url"]')).to_contain_text("not on the public internet")
    expect(page.locator("#name")).to_be_focused()

    page.locator("#name").fill("find_slots")
    page.get_by_label("Address").fill("https://api.example.com/slots?day={{day}}")
    page.locator("[data-test-fields] input").fill("Monday")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-test-badge]")).to_have_text("It worked")
    page.get_by_role("button", name="09:00").click()
    page.get_by_role("button", name="Create tool").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("find_slots")

    tool = Tool.objects.get()
    values = values_of(tool)
    assert values["results"] == [{"name": "time", "path": "slots.0.time"}]
    assert (values["auth"], values["secret"], values["method"]) == ("bearer", "crm_key", "GET")
    assert outside.requests[0].url == "https://api.example.com/slots?day=Monday"
    assert CANARY not in page.content()
    assert CANARY not in Secret.objects.get().sealed

    page.get_by_label("Said while it runs").fill("One moment.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-status]")).to_contain_text("Saved")
    tool.refresh_from_db()
    assert tool.saying == "One moment."


def test_a_viewer_looks_at_a_tool_and_changes_nothing(
    new_page: NewPage, server: ScriptedServer, sign_in: SignIn, acme: Workspace, vera: User
) -> None:
    tool = make_tool(acme)
    page = new_page(microphone=False)
    sign_in(page, vera)
    page.goto(f"{server.url}/tools/{tool.public_id}/")
    expect(page.get_by_label("Address")).to_have_value("https://api.example.com/slots?day={{day}}")
    expect(page.get_by_label("Address")).to_be_disabled()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
