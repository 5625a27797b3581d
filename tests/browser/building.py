"""Working on the flow canvas as a person does: by mouse and by keyboard, never by script."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.live_stack import RunningStack, sign_in


@dataclass(frozen=True, slots=True)
class Builder:
    """The builder's page, opened."""

    page: Page

    @property
    def inspector(self) -> Locator:
        return self.page.locator("[data-inspector]")

    def card(self, name: str) -> Locator:
        return self.page.locator(f'.bd-card[data-node-name="{name}"]')

    def ready(self) -> None:
        expect(self.page.locator(".bd-card").first).to_be_visible()

    def saved(self) -> None:
        expect(self.page.locator("[data-save-status]")).to_have_attribute("data-kind", "saved")

    def key(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def add(self, words: str, name: str) -> None:
        """By keyboard: the new node follows the selected one, and is called `name`."""
        self.key("/")
        search = self.page.get_by_role("combobox", name="Search nodes")
        expect(search).to_be_focused()
        search.press_sequentially(words)
        self.key("Enter")
        self.rename(name)

    def rename(self, name: str) -> None:
        box = self.inspector.get_by_label("Name of the node")
        box.fill(name)
        expect(self.card(name)).to_be_visible()
        self.leave()

    def leave(self) -> None:
        """The focus goes from the field to the page, where keys have their meaning."""
        self.page.evaluate("document.activeElement.blur()")

    def pick(self, name: str) -> None:
        """By mouse, on the canvas; what lies outside is brought into view first."""
        if "inspector" not in (self.page.locator(".bd-side").get_attribute("data-panel") or ""):
            self.key("i")
        self.key("f")
        self.page.wait_for_timeout(400)
        self.card(name).locator(".bd-card-head").click()
        expect(self.inspector.get_by_label("Name of the node")).to_have_value(name)

    def field(self, label: str) -> Locator:
        return self.inspector.get_by_label(label, exact=True)

    def write(self, label: str, text: str) -> None:
        self.field(label).fill(text)
        self.leave()

    def lead(self, port: str, target: str) -> None:
        """From an exit of the selected node to another, by its select."""
        path = self.inspector.locator(f'[data-path="{port}"]').last
        path.get_by_role("combobox").last.select_option(label=target)
        self.leave()

    def when(self, words: str) -> None:
        """The words of the newest path of the selected node that the model judges."""
        self.field("When the caller…").last.fill(words)
        self.leave()

    def draw(self, name: str, port: str, words: str, new_name: str) -> None:
        """By mouse: pull a line from an exit to an empty place, choose what shall stand there."""
        handle = self.card(name).locator(f'[data-port="{port}"] .react-flow__handle').last
        start = handle.bounding_box()
        assert start is not None
        x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 30, y + 60, steps=4)
        self.page.mouse.move(x + 60, y + 180, steps=8)
        self.page.mouse.up()
        adder = self.page.get_by_role("dialog", name="Add a node")
        expect(adder.get_by_role("combobox")).to_be_focused()
        adder.get_by_role("combobox").press_sequentially(words)
        self.key("Enter")
        self.rename(new_name)

    def drop(self, kind: str, x: int, y: int, name: str) -> None:
        """By mouse: from the palette onto the canvas, at pixels of the canvas."""
        option = self.page.locator(f'.bd-palette [data-kind-option="{kind}"]')
        option.drag_to(self.page.locator("[data-canvas]"), target_position={"x": x, "y": y})
        self.rename(name)

    def question(self, kind: str, variable: str, ask: str) -> None:
        """One more question of the selected form."""
        self.inspector.get_by_role("button", name="Add question").click()
        item = self.inspector.locator(".bd-item.is-open")
        item.get_by_label("What it is").select_option(label=kind)
        item.get_by_label("Keep as").fill(variable)
        item.get_by_label("Question", exact=True).fill(ask)
        self.leave()

    def problem(self, words: str) -> Locator:
        if self.page.locator(".bd-side").get_attribute("data-panel") != "problems":
            self.page.locator("[data-problem-button]").click()
        return self.page.locator("[data-problems] button").filter(has_text=words)

    def publish(self, note: str) -> None:
        self.page.get_by_role("button", name="Publish", exact=True).click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Note").fill(note)
        dialog.get_by_role("button", name=re.compile("^Publish version")).click()
        expect(dialog).to_be_hidden()


def build_dental(builder: Builder) -> None:
    """Finds out what is wanted, asks for name, day and time, looks up a slot, books, writes, says goodbye; or transfers."""
    page = builder.page
    builder.ready()
    page.locator(".bd-card[data-kind=goal]").click()
    builder.rename("Reception")
    builder.write("Goal", "Find out what the caller wants. Answer questions from the facts.")
    builder.draw("Reception", "judged", "form", "Appointment")
    builder.question("Name of a person", "name", "What is your name?")
    builder.question("Day", "day", "Which day suits you?")
    builder.question("Time of day", "time", "At what time?")
    builder.pick("Reception")
    builder.when("wants to book an appointment")
    builder.pick("Appointment")
    builder.add("http", "Free slots")
    builder.write("Address", "https://slots.example.com/free?day={{day}}")
    rows = builder.inspector.locator('[data-field="results"]')
    rows.get_by_role("button", name="Add a row").click()
    rows.locator("input").first.fill("slot")
    rows.locator("textarea").first.fill("slots.0.time")
    builder.leave()
    builder.draw("Free slots", "success", "say", "Booked")
    booked(builder)
    builder.add("send", "Confirmation")
    builder.write("Message", "Your appointment: {{day}} at {{slot}}.")
    builder.add("end", "Goodbye")
    builder.write("Say goodbye", "Thank you for calling. Goodbye.")
    builder.drop("transfer", 240, 520, "A person")
    builder.write("To", "+15550100")
    builder.inspector.get_by_label("Can be entered from anywhere").check()
    builder.inspector.locator("#bd-global-label").fill("wants to talk to a person")
    builder.leave()
    builder.lead("failure", "Goodbye")
    builder.pick("Free slots")
    builder.lead("failure", "A person")
    builder.saved()


def booked(builder: Builder) -> None:
    """Write on the card itself, with a variable that is chosen from the list."""
    builder.key("e")
    text = builder.card("Booked").locator("textarea")
    expect(text).to_be_focused()
    text.press_sequentially("Thank you, {{na")
    options = builder.card("Booked").get_by_role("option")
    expect(options.first).to_contain_text("name")
    builder.key("Enter")
    text.press_sequentially(". I have you down for {{dya}} at {{slot}}.")
    builder.key("Escape")
    expect(builder.card("Booked").locator(".bd-var").first).to_have_text("name")


def create_empty(page: Page, name: str) -> Builder:
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="New agent").first.click()
    page.get_by_text("From scratch").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create agent").click()
    page.get_by_role("link", name="Flow", exact=True).click()
    return Builder(page)


def mend(builder: Builder) -> None:
    """The misspelt variable is reported; the report leads to it; mended, it is gone."""
    page = builder.page
    builder.problem("no variable “dya”").click()
    text = builder.field("Text")
    expect(text).to_be_focused()
    assert "{{dya}}" in text.input_value()
    text.fill(text.input_value().replace("{{dya}}", "{{day}}"))
    builder.leave()
    builder.saved()
    builder.pick("Confirmation")
    builder.lead("failure", "Goodbye")
    builder.saved()
    builder.key("p")
    expect(page.get_by_text("This draft can be published.")).to_be_visible()
    expect(page.locator("[data-problems] .is-error")).to_have_count(0)


def open_empty(page: Page, stack: RunningStack) -> Builder:
    sign_in(page, stack.stack)
    builder = create_empty(page, "Smile Dental")
    builder.ready()
    return builder


def start_talking(page: Page) -> None:
    page.get_by_role("button", name="Test", exact=True).click()
    again = page.get_by_role("button", name="Start over")
    if again.is_visible():
        again.click()
    page.get_by_role("button", name="Talk", exact=True).click()
