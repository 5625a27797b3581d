"""A new voice, recorded on the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.urls import reverse
from playwright.sync_api import Page, expect

from agents.models import ClonedVoice
from parley.accounts.models import User, Workspace
from tests.browser.scripted import ScriptedServer
from tests.support.voices import talk, wav


def test_a_voice_is_recorded_played_back_and_kept(
    new_page: Callable[..., Page],
    server: ScriptedServer,
    acme: Workspace,
    bob: User,
    sign_in: Callable[[Page, User], None],
    tmp_path: Path,
) -> None:
    spoken = tmp_path / "ann.wav"
    spoken.write_bytes(wav(talk(12, 48_000), 48_000))
    page = new_page(wav=spoken)
    sign_in(page, bob)
    page.goto(server.url + reverse("agents:voice-new"))
    page.get_by_role("button", name="Record here").click()
    expect(page.get_by_role("timer")).to_have_text("5 / 30 s", timeout=15_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Record again")).to_be_visible()
    expect(page.locator("audio")).to_be_visible()
    page.get_by_label("Whose voice it is").fill("Ann Other")
    page.get_by_label("Name", exact=True).fill("Ann")
    page.get_by_label("Under a licence of our own").check()
    page.get_by_role("button", name="Keep this voice").click()
    assert page.get_by_label("The person whose voice this is").evaluate("tick => tick.matches(':invalid')")
    expect(page.locator("audio")).to_be_visible()
    assert not ClonedVoice.objects.exists(), "without the tick nothing is kept, and nothing is lost"
    page.get_by_label("The person whose voice this is").check()
    page.get_by_role("button", name="Keep this voice").click()
    expect(page.get_by_role("heading", name="Consent")).to_be_visible()
    voice = ClonedVoice.objects.get(workspace=acme)
    assert (voice.name, voice.speaker, voice.consent_by) == ("Ann", "Ann Other", bob)
    assert 3 < voice.seconds < 7
