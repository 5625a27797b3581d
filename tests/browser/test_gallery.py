"""The gallery of templates, and the API's reference, as people see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from agents.models import Agent
from parley.accounts.models import User
from tests.browser.scripted import ScriptedServer
from tests.support.cast import PASSWORD

NewPage = Callable[..., Page]


@pytest.fixture
def page(new_page: NewPage, server: ScriptedServer, alice: User) -> Page:
    page = new_page()
    page.goto(server.url + reverse("agents:create"))
    page.get_by_label("E-mail").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def test_an_agent_from_a_template_by_keyboard(page: Page) -> None:
    page.get_by_role("radio", name="Dental booking").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Dental booking")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dental booking")
    assert len(Agent.objects.get().draft.flow["nodes"]) > 15


def test_the_reference_says_what_a_body_holds(page: Page, server: ScriptedServer) -> None:
    page.goto(server.url + reverse("api-docs"))
    entry = page.locator("#conversations_message")
    entry.locator("summary").click()
    expect(entry).to_contain_text("conversations:write")
    expect(entry.get_by_role("row", name="text", exact=False).first).to_be_visible()
