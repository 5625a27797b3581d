"""The inbox in a real browser: keys, live rows, a lost line, a phone. The conversation's own pane is tested apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from agents.models import Agent
from channels_io.models import Conversation, Tag
from parley.accounts.models import Membership, Role, User
from tests.browser.scripted import ScriptedServer, wait_for
from tests.support.conversations import EXCHANGES, make_conversation

NewPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]
NAMES = ("Ada Byrne", "Ben Costa", "Cleo Dahl", "Dan Evans")


@pytest.fixture
def talks(agent: Agent) -> list[Conversation]:
    made = []
    for number, name in enumerate(NAMES):
        each = make_conversation(agent, exchanges=EXCHANGES[:1], identity=("visitor", name), contact_name=name)
        Conversation.objects.filter(pk=each.pk).update(
            last_at=timezone.now() - timedelta(minutes=number), status="open", closed_at=None
        )
        made.append(each)
    return made


@pytest.fixture
def open_inbox(
    new_page: NewPage, sign_in: SignIn, server: ScriptedServer, alice: User, talks: list[Conversation]
) -> Callable[..., Page]:
    server.open_to_all = True

    def opened(query: str = "", **options: object) -> Page:
        page = new_page(**options)
        # Its pane is another part's, with a line of its own.
        page.route("**/conversations/*/pane/", lambda route: route.fulfill(
            content_type="text/html", body='<h2>Its words</h2><textarea data-reply aria-label="Reply"></textarea>'
        ))  # fmt: skip
        page.route("**/inbox/talk.js", lambda route: route.fulfill(
            content_type="text/javascript", body="export function openTalk() { return () => {}; }"
        ))  # fmt: skip
        sign_in(page, alice)
        page.goto(f"{server.url}/inbox/{query}")
        expect(page.locator("[data-inbox][data-ready]")).to_be_visible()
        return page

    return opened


def names(page: Page) -> list[str]:
    return page.locator(".ib-rows [data-open]").all_inner_texts()


def now(conversation: Conversation) -> Conversation:
    conversation.refresh_from_db()
    return conversation


def test_by_keyboard(open_inbox: Callable[..., Page], talks: list[Conversation], alice: User) -> None:
    page = open_inbox()
    current = page.locator("[data-row].is-current [data-open]")
    assert names(page) == list(NAMES)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(current).to_have_text("Ben Costa")
    page.keyboard.press("k")
    expect(current).to_have_text("Ada Byrne")
    page.keyboard.press("Enter")
    expect(page.locator("#talk h2")).to_have_text("Its words")
    assert page.url.endswith(f"?c={talks[0].public_id}")
    wait_for(lambda: now(talks[0]).read_at is not None, "it was read")
    page.keyboard.press("r")
    page.keyboard.type("jaea")
    expect(page.get_by_label("Reply")).to_have_value("jaea")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(page.locator("[data-none]")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Words, a name or a number")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_text("Conversation closed.")).to_be_visible()
    assert now(talks[0]).status == "closed"
    page.keyboard.press("z")
    wait_for(lambda: now(talks[0]).status == "open", "taken back")
    page.keyboard.press("a")
    picker = page.get_by_role("dialog", name="Assign to")
    expect(picker.get_by_role("option", name="Alice (you)")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Assigned to Alice.")).to_be_visible()
    expect(page.locator("[data-row]", has_text="Ada Byrne").get_by_title("Assigned to Alice")).to_be_visible()
    page.keyboard.press("u")
    wait_for(lambda: now(talks[0]).read_at is None)
    page.keyboard.press("1")
    expect(page.locator(".ib-rows [data-open]")).to_have_text(["Ada Byrne"])


def test_a_tag_is_made_and_put_on_without_leaving_the_keys(
    open_inbox: Callable[..., Page], talks: list[Conversation]
) -> None:
    page = open_inbox()
    page.keyboard.press("j")
    page.keyboard.press("t")
    page.keyboard.type("urgent")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]", has_text="Ada Byrne").locator(".ib-tag")).to_have_text("urgent")
    assert list(talks[0].tags.values_list("name", flat=True)) == ["urgent"]
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    expect(page.locator(".ib-tag")).to_have_count(0)
    assert Tag.objects.count() == 1


def test_several_at_once_and_back(open_inbox: Callable[..., Page], talks: list[Conversation]) -> None:
    page = open_inbox()
    page.get_by_label("Select Ada Byrne").check(force=True)
    page.get_by_label("Select Cleo Dahl").click(modifiers=["Shift"], force=True)
    expect(page.locator("[data-selected]")).to_have_text("3 selected")
    page.get_by_role("toolbar").get_by_role("button", name="Close").click()
    expect(page.get_by_text("3 conversations closed.")).to_be_visible()
    assert [now(each).status for each in talks] == ["closed", "closed", "closed", "open"]
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: {now(each).status for each in talks} == {"open"})
    expect(page.get_by_role("toolbar")).to_be_hidden()


def test_rows_change_by_themselves(
    open_inbox: Callable[..., Page], server: ScriptedServer, talks: list[Conversation], agent: Agent
) -> None:
    page = open_inbox()
    expect(page.locator(".ib-state")).to_have_attribute("data-state", "live")
    Conversation.objects.filter(pk=talks[3].pk).update(
        last_words="Is anybody there?", last_role="caller", last_at=timezone.now(), waits_since=timezone.now()
    )
    server.socket().tell({"type": "changed", "conversation": talks[3].public_id, "what": ["words"]})
    expect(page.locator(".ib-rows [data-open]")).to_have_text(["Dan Evans", "Ada Byrne", "Ben Costa", "Cleo Dahl"])
    first = page.locator("[data-row]").first
    expect(first).to_contain_text("Is anybody there?")
    expect(page.locator('[data-count="waiting"]')).to_have_text("1")
    assert page.title().startswith("(1) ")
    new = make_conversation(
        agent, exchanges=EXCHANGES[:1], identity=("visitor", "e"), contact_name="Eve", end_reason=None
    )
    Conversation.objects.filter(pk=new.pk).update(last_at=timezone.now() + timedelta(seconds=1))
    server.socket().tell({"type": "changed", "conversation": new.public_id, "what": ["live"]})
    expect(page.locator("[data-row]").first).to_contain_text("Live")
    Conversation.objects.filter(pk=new.pk).update(test=True)
    server.socket().tell({"type": "changed", "conversation": new.public_id, "what": ["status"]})
    expect(page.locator("[data-open]", has_text="Eve")).to_have_count(0)


def test_a_lost_line_comes_back_and_nothing_is_missed(
    open_inbox: Callable[..., Page], server: ScriptedServer, talks: list[Conversation]
) -> None:
    page = open_inbox()
    expect(page.locator(".ib-state")).to_have_attribute("data-state", "live")
    server.socket().close(1012)
    Conversation.objects.filter(pk=talks[2].pk).update(last_words="Said meanwhile", last_role="caller")
    server.socket(1)
    expect(page.locator("[data-row]", has_text="Cleo Dahl")).to_contain_text("Said meanwhile")
    expect(page.locator(".ib-state")).to_have_attribute("data-state", "live")
    server.socket(1).tell({"type": "resync"})
    Conversation.objects.filter(pk=talks[1].pk).update(last_words="And this")
    server.socket(1).tell({"type": "resync"})
    expect(page.locator("[data-row]", has_text="Ben Costa")).to_contain_text("And this")


def test_who_was_signed_out_is_told(open_inbox: Callable[..., Page], server: ScriptedServer) -> None:
    page = open_inbox()
    server.socket().close(4401)
    expect(page.locator(".ib-state")).to_have_attribute("data-state", "out")
    assert len(server.sockets) == 1


def test_the_list_goes_on_at_its_end(open_inbox: Callable[..., Page], agent: Agent) -> None:
    contact = make_conversation(agent, exchanges=EXCHANGES[:1], identity=("visitor", "many")).contact
    start = timezone.now() - timedelta(hours=2)
    Conversation.objects.bulk_create(
        Conversation(workspace=agent.workspace, contact=contact, agent=agent, last_at=start - timedelta(minutes=number))
        for number in range(120)
    )
    page = open_inbox()
    rows = page.locator("[data-row]")
    for count in (40, 60, 80, 100, 120, 125):
        rows.last.scroll_into_view_if_needed()
        expect(rows).to_have_count(count)
    expect(page.locator("[data-more]")).to_have_text("That is all.")


def test_on_a_phone_the_conversation_covers_the_list(open_inbox: Callable[..., Page]) -> None:
    page = open_inbox(viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("[data-row]", has_text="Ben Costa").tap()
    expect(page.locator("#talk h2")).to_be_visible()
    expect(page.locator(".ib-rows")).to_be_hidden()
    page.get_by_role("button", name="Inbox").tap()
    expect(page.locator(".ib-rows")).to_be_visible()
    page.go_back()
    expect(page.locator("#talk h2")).to_be_visible()
    page.go_back()
    expect(page.locator(".ib-rows")).to_be_visible()


def test_a_view_is_saved_and_found_again(open_inbox: Callable[..., Page]) -> None:
    page = open_inbox("?q=saturday&state=open")
    page.locator(".ib-views summary").click()
    page.get_by_role("button", name="Save this view").click()
    page.get_by_label("Name", exact=True).fill("Saturdays")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Saturdays")).to_be_visible()
    assert names(page) == list(NAMES)


def test_who_only_looks_on_has_no_keys_that_do(
    open_inbox: Callable[..., Page], talks: list[Conversation], alice: User
) -> None:
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    page = open_inbox()
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator("#talk h2")).to_be_visible()
    assert (now(talks[0]).status, now(talks[0]).read_at) == ("open", None)
    expect(page.locator("[data-select]")).to_have_count(0)
