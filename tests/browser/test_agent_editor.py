"""The agent editor as its owner uses it: signing in, writing, undoing, publishing, restoring, and two tabs at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from agents.models import Agent, Draft
from agents.seed import seed_demo
from parley.accounts.models import User, Workspace
from tests.browser.scripted import ScriptedServer, wait_for
from tests.support.cast import PASSWORD

NewPage = Callable[..., Page]
GREETING = "Hello, Smile Dental, this is Mia. What can I do for you?"
FACT = "\n\nWe are closed on the 24th of December."


@pytest.fixture
def demo(acme: Workspace) -> Agent:
    seed_demo(acme)
    return Agent.objects.get(workspace=acme, slug="reception")


@pytest.fixture
def editor(new_page: NewPage, server: ScriptedServer, demo: Agent, alice: User) -> Page:
    """Alice has signed in with her password and opened the demo agent from the list."""
    page = new_page()
    page.goto(server.url + reverse("agents:list"))
    page.get_by_label("E-mail").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=demo.name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(demo.name)
    page.wait_for_load_state("domcontentloaded")  # Its modules have run by then: buttons do what they say.
    return page


def draft_of(agent: Agent) -> Draft:
    return Draft.objects.get(agent=agent)


def write(page: Page, field: str, text: str) -> None:
    """Type it, and see that it is saved by itself."""
    page.locator(f"#{field}").fill(text)
    expect_saved(page)


def expect_saved(page: Page) -> None:
    status = page.locator("[data-save-status]")
    expect(status).to_have_attribute("data-kind", "saved")
    expect(status).to_have_text("All changes saved")


def publish(page: Page, note: str) -> None:
    page.get_by_role("link", name="Publish…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill(note)
    dialog.get_by_role("button", name=re.compile("^Publish version")).click()


def test_from_writing_to_a_new_version_and_back(editor: Page, demo: Agent, server: ScriptedServer) -> None:
    page = editor
    first = draft_of(demo)
    state = page.locator("[data-status-text]")
    expect(state).to_have_text("Version 1 is live")

    write(page, "greeting", GREETING)
    write(page, "instructions", first.instructions + FACT)
    saved = draft_of(demo)
    assert (saved.greeting, saved.instructions) == (GREETING, first.instructions + FACT)
    expect(state).not_to_have_text("Version 1 is live")
    page.reload()
    expect(page.locator("#greeting")).to_have_value(GREETING)

    page.get_by_role("button", name="Undo last save").click()
    expect(page.locator("#instructions")).to_have_value(first.instructions)
    expect(page.locator("#greeting")).to_have_value(GREETING)
    assert draft_of(demo).instructions == first.instructions
    write(page, "instructions", first.instructions + FACT)

    page.get_by_role("link", name="Publish…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_contain_text("as version 2")
    expect(dialog.locator("ins").filter(has_text="24th of December")).to_be_visible()
    expect(dialog.get_by_label("Note")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    publish(page, "Closed at Christmas")
    expect(page.locator("[data-status-text]")).to_have_text("Version 2 is live")

    page.get_by_role("link", name="Versions").click()
    cards = page.locator(".ag-version")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("Version 2")
    expect(cards.first).to_contain_text("Closed at Christmas")
    expect(cards.first.get_by_text("Live")).to_be_visible()

    cards.last.get_by_role("button", name="Restore").click()
    page.goto(server.url + reverse("agents:detail", args=[demo.public_id]))
    expect(page.locator("#greeting")).to_have_value(first.greeting)
    expect(page.locator("#instructions")).to_have_value(first.instructions)
    demo.refresh_from_db()
    assert demo.published is not None
    assert demo.published.number == 2  # Callers hear the published version until the restored draft is published.
    publish(page, "As it was")
    expect(page.locator("[data-status-text]")).to_have_text("Version 3 is live")
    assert demo.versions.get(number=3).draft["greeting"] == first.greeting


def test_two_tabs_change_different_fields_without_a_word(editor: Page, demo: Agent) -> None:
    other = editor.context.new_page()
    other.goto(editor.url)
    write(editor, "greeting", GREETING)
    write(other, "persona", "You are Mia. You are calm.")
    saved = draft_of(demo)
    assert (saved.greeting, saved.persona) == (GREETING, "You are Mia. You are calm.")
    expect(other.locator("#greeting")).to_have_value(GREETING)


@pytest.mark.parametrize(("choice", "kept"), [("Keep mine", "Mine."), ("Take theirs", "Theirs.")])
def test_two_tabs_change_the_same_field(editor: Page, demo: Agent, choice: str, kept: str) -> None:
    other = editor.context.new_page()
    other.goto(editor.url)
    write(other, "greeting", "Theirs.")
    editor.locator("#greeting").fill("Mine.")
    conflict = editor.locator("[data-conflict=greeting]")
    expect(conflict).to_be_visible()
    expect(conflict).to_contain_text("Mine.")
    expect(conflict).to_contain_text("Theirs.")
    assert draft_of(demo).greeting == "Theirs."
    conflict.get_by_role("button", name=choice).click()
    expect(conflict).to_be_hidden()
    expect(editor.locator("#greeting")).to_have_value(kept)
    wait_for(lambda: draft_of(demo).greeting == kept, "the choice is saved")


def test_what_cannot_be_published_says_where(editor: Page) -> None:
    write(editor, "instructions", "")
    problem = editor.locator("[data-problems] .is-error a")
    expect(problem).to_contain_text("Instructions")
    editor.get_by_role("link", name="Publish…").click()
    dialog = editor.get_by_role("dialog")
    expect(dialog).to_contain_text("This draft cannot be published yet")
    expect(dialog.get_by_role("button", name=re.compile("^Publish version"))).to_be_disabled()


def test_words_typed_before_the_page_is_ready_are_saved(
    new_page: NewPage, sign_in: Callable[[Page, User], None], server: ScriptedServer, demo: Agent, alice: User
) -> None:
    page = new_page()
    sign_in(page, alice)
    held: list[Route] = []
    page.route("**/agents/editor.js", lambda route: held.append(route))
    with page.expect_request("**/agents/editor.js"):
        page.goto(server.url + reverse("agents:detail", args=[demo.public_id]), wait_until="commit")
    page.locator("#greeting").fill(GREETING)
    held[0].continue_()
    expect_saved(page)
    assert draft_of(demo).greeting == GREETING


def test_another_language_is_added_judged_and_taken_out(editor: Page, demo: Agent) -> None:
    page = editor
    rows = page.locator('[data-rows="languages"] tbody tr')
    page.get_by_role("button", name="Add a language").click()
    expect(rows.get_by_label("Language")).to_be_focused()
    rows.get_by_label("Language").select_option("en")
    rows.get_by_label("Voice").select_option("hibari/heart")
    expect_saved(page)
    page.get_by_label("Notice the caller's language").check()
    wait_for(lambda: draft_of(demo).notices_language)
    assert draft_of(demo).languages == [{"language": "en", "voice": "hibari/heart"}]
    problems = page.locator("[data-problems]")
    expect(problems).to_contain_text("English is the agent's own language.")
    page.reload()
    expect(rows.get_by_label("Voice")).to_have_value("hibari/heart")
    rows.get_by_role("button", name="Remove this row").click()
    expect(problems).to_contain_text("there is nothing to notice")
    wait_for(lambda: draft_of(demo).languages == [])
