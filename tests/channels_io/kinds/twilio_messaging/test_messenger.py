"""Through Twilio's own client, to the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from channels_io import recordings, twilio_rest
from channels_io.kinds.twilio_messaging.messenger import TwilioMessenger, messenger_for
from channels_io.messaging.content import (
    Choice,
    ChoicesContent,
    MediaContent,
    TemplateContent,
    TextContent,
    VoiceNoteContent,
    to_json,
)
from channels_io.messaging.provider import IncomingMedia, SendFailed
from channels_io.models import Account, Channel, MessageTemplate, OutboundMessage, Thread
from channels_io.registry import messenger_of
from channels_io.simulators.twilio import TwilioSimulator
from channels_io.simulators.twilio.simulator import Template
from parley.accounts.models import Workspace
from tests.support.in_thread import Run, in_thread
from tests.support.messaging_lines import PERSON, SENDER, twilio_line

pytestmark = pytest.mark.django_db

WHATSAPP = f"whatsapp:{SENDER}"
HELLO = TextContent("Hello")


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[TwilioSimulator, Run]]:
    with in_thread(TwilioSimulator()) as (twilio, run):
        twilio.add_number(SENDER)
        twilio.add_number(WHATSAPP)
        yield twilio, run


@pytest.fixture
def twilio(running: tuple[TwilioSimulator, Run], settings: Any) -> TwilioSimulator:
    simulator, _run = running
    settings.PARLEY_SIMULATOR_URL = simulator.url
    simulator.messages.clear()
    simulator.centre.opted_out.clear()
    return simulator


@pytest.fixture
def run(running: tuple[TwilioSimulator, Run]) -> Run:
    return running[1]


def line(acme: Workspace, twilio: TwilioSimulator, address: str = SENDER, **settings: Any) -> TwilioMessenger:
    account = Account.objects.filter(workspace=acme, number=twilio.account_sid).first()
    channel = twilio_line(
        acme, address=address, token=twilio.auth_token, number=twilio.account_sid, account=account, settings=settings
    )
    return messenger_for(channel)


@pytest.fixture
def sms(acme: Workspace, twilio: TwilioSimulator) -> TwilioMessenger:
    return line(acme, twilio)


@pytest.fixture
def whatsapp(acme: Workspace, twilio: TwilioSimulator) -> TwilioMessenger:
    return line(acme, twilio, WHATSAPP)


def outbound(messenger: TwilioMessenger, content: Any = HELLO, *, key: str = "k", **row: Any) -> OutboundMessage:
    channel = messenger.channel
    thread, _ = Thread.objects.get_or_create(channel=channel, address=PERSON, defaults={"workspace": channel.workspace})
    return OutboundMessage.objects.create(
        workspace=channel.workspace, channel=channel, thread=thread, key=key, content=to_json(content), **row
    )


def test_the_registry_finds_it(acme: Workspace, twilio: TwilioSimulator) -> None:
    channel = twilio_line(acme, number=twilio.account_sid)
    assert isinstance(messenger_of(channel), TwilioMessenger)
    Channel.objects.update(account=None)
    channel.refresh_from_db()
    with pytest.raises(LookupError):
        messenger_of(channel)


def test_abilities(sms: TwilioMessenger, acme: Workspace, twilio: TwilioSimulator) -> None:
    assert (sms.abilities.scope, sms.abilities.window_hours, sms.abilities.voice_notes) == ("sms", 0, False)
    account = sms.account
    channel = twilio_line(acme, address=WHATSAPP, account=account, settings={"choices_content": {"2": "HX" + "1" * 32}})
    able = messenger_for(channel).abilities
    assert (able.scope, able.window_hours, able.voice_notes, able.templates, able.buttons) == (
        "whatsapp",
        24,
        True,
        True,
        2,
    )


def test_a_text(sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
    sent = sms.send(PERSON, TextContent("Hello €"), key="om_1")
    [record] = twilio.sent_to(PERSON)
    assert (record.sid, record.body, record.sender) == (sent.provider_id, "Hello €", SENDER)
    assert record.params["StatusCallback"].endswith(f"/hooks/twilio_messaging/{sms.channel.public_id}/status/?key=om_1")
    assert sent.segments == 1


def test_segments_are_counted(sms: TwilioMessenger) -> None:
    assert sms.send(PERSON, TextContent("a" * 161), key="om_1").segments == 2
    assert sms.send(PERSON, TextContent("я" * 71), key="om_2").segments == 2


def test_whatsapp_gets_its_prefix(whatsapp: TwilioMessenger, twilio: TwilioSimulator) -> None:
    twilio.centre.open_window(WHATSAPP, f"whatsapp:{PERSON}")
    whatsapp.send(PERSON, HELLO, key="om_1")
    [record] = twilio.sent_to(PERSON)
    assert (record.sender, record.to) == (WHATSAPP, f"whatsapp:{PERSON}")


def test_a_messaging_service_goes_along(acme: Workspace, twilio: TwilioSimulator) -> None:
    line(acme, twilio, messaging_service="MG" + "1" * 32).send(PERSON, HELLO, key="om_1")
    [record] = twilio.sent_to(PERSON)
    assert record.params["MessagingServiceSid"] == "MG" + "1" * 32
    assert record.params["From"] == SENDER


CHOICES = ChoicesContent("Which day?", (Choice("sat", "Saturday"), Choice("sun", "Sunday")))


def test_choices_are_numbered_lines(sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
    sms.send(PERSON, CHOICES, key="om_1")
    assert twilio.sent_to(PERSON)[0].body == "Which day?\n1. Saturday\n2. Sunday"


def test_choices_are_buttons_where_a_template_is_set(acme: Workspace, twilio: TwilioSimulator) -> None:
    sid = "HX" + "2" * 32
    actions = [
        {"type": "QUICK_REPLY", "title": "{{2}}", "id": "{{4}}"},
        {"type": "QUICK_REPLY", "title": "{{3}}", "id": "{{5}}"},
    ]
    twilio.add_template(
        Template(sid=sid, name="two", types={"twilio/quick-reply": {"body": "{{1}}", "actions": actions}}, approval="")
    )
    twilio.centre.open_window(WHATSAPP, f"whatsapp:{PERSON}")
    messenger = line(acme, twilio, WHATSAPP, choices_content={"2": sid})
    messenger.send(PERSON, CHOICES, key="om_1")
    messenger.send(
        PERSON, ChoicesContent("?", (Choice("a", "A label far too long for a button"), Choice("b", "B"))), key="om_2"
    )
    tapped, listed = twilio.sent_to(PERSON)
    variables = {"1": "Which day?", "2": "Saturday", "3": "Sunday", "4": "sat", "5": "sun"}
    assert json.loads(tapped.params["ContentVariables"]) == variables
    assert tapped.params["ContentSid"] == sid
    assert listed.body.startswith("?\n1. A label far")


def test_media(whatsapp: TwilioMessenger, sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
    twilio.centre.open_window(WHATSAPP, f"whatsapp:{PERSON}")
    map_ = MediaContent("https://example.com/map.png", "image/png", "The way")
    whatsapp.send(PERSON, map_, key="om_1")
    sms.send(PERSON, map_, key="om_2")
    rich, plain = twilio.sent_to(PERSON)
    assert (rich.media, rich.body) == ([("https://example.com/map.png", "")], "The way")
    assert (plain.media, plain.body) == ([], "The way\nhttps://example.com/map.png")


def test_a_voice_note_is_fetched_from_us(whatsapp: TwilioMessenger, twilio: TwilioSimulator, client: Any) -> None:
    path: Path = recordings.path_of("voice_notes/w/1.ogg")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"OggS...")
    twilio.centre.open_window(WHATSAPP, f"whatsapp:{PERSON}")
    whatsapp.send(PERSON, VoiceNoteContent("voice_notes/w/1.ogg", "Good evening"), key="om_1")
    whatsapp.send(PERSON, VoiceNoteContent("voice_notes/w/gone.ogg", "Good evening"), key="om_2")
    note, words = twilio.sent_to(PERSON)
    [(url, _mime)] = note.media
    assert client.get(url[url.index("/hooks/") :]).content == b"OggS..."
    assert (words.media, words.body) == ([], "Good evening")


def test_a_template(whatsapp: TwilioMessenger, twilio: TwilioSimulator) -> None:
    sid = "HX" + "3" * 32
    types = {"twilio/text": {"body": "Hi {{name}}, your visit is {{day}}."}}
    twilio.add_template(Template(sid=sid, name="reminder", types=types, variables={"name": "x", "day": "y"}))
    for template in whatsapp.templates():
        template.save()
    whatsapp.send(PERSON, TemplateContent(sid, "en", ("Ann", "Saturday"), "…"), key="om_1")
    [record] = twilio.sent_to(PERSON)
    assert json.loads(record.params["ContentVariables"]) == {"name": "Ann", "day": "Saturday"}
    assert record.body == "Hi Ann, your visit is Saturday."


def test_templates_that_are_approved(whatsapp: TwilioMessenger, twilio: TwilioSimulator) -> None:
    twilio.centre.templates.clear()
    types = {"twilio/text": {"body": "Hi {{name}}, see {{day}} or {{name}}"}}
    twilio.add_template(Template(sid="HX" + "4" * 32, name="good", types=types, language="es"))
    twilio.add_template(Template(sid="HX" + "5" * 32, name="pending", types=types, approval="pending"))
    twilio.add_template(Template(sid="HX" + "6" * 32, name="never", types=types, approval=""))
    [template] = whatsapp.templates()
    assert isinstance(template, MessageTemplate)
    assert (template.reference, template.name, template.language) == ("HX" + "4" * 32, "good", "es")
    assert (template.status, template.category) == ("approved", "utility")
    assert template.body == "Hi {{1}}, see {{2}} or {{1}}"
    assert template.pk is None
    template.save()


class TestFailures:
    def refused(self, messenger: TwilioMessenger, content: Any = HELLO, to: str = PERSON) -> SendFailed:
        with pytest.raises(SendFailed) as failed:
            messenger.send(to, content, key="om_1")
        return failed.value

    def test_opted_out(self, sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
        twilio.centre.opted_out.add((SENDER, PERSON))
        error = self.refused(sms)
        assert (error.code, error.verdict) == ("opted_out", "never")
        assert "21610" in error.message

    def test_a_bad_number(self, sms: TwilioMessenger) -> None:
        error = self.refused(sms, to="+0")
        assert (error.code, error.verdict) == ("bad_number", "never")

    def test_too_long_and_empty_are_not_even_tried(self, sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
        asked = len(twilio.requests)
        assert self.refused(sms, TextContent("x" * 1601)).code == "too_long"
        assert self.refused(sms, TextContent("👋" * 801)).code == "too_long"
        assert self.refused(sms, TextContent("  ")).code == "empty"
        assert len(twilio.requests) == asked

    def test_throttled(self, sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
        twilio.force("too_many")
        error = self.refused(sms)
        assert (error.code, error.verdict) == ("throttled", "later")
        assert error.retry_after >= 1

    def test_an_outage_may_have_had_its_effect(self, sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
        twilio.force("server_error")
        assert self.refused(sms).verdict == "unknown"

    def test_nobody_there_is_later(self, sms: TwilioMessenger, settings: Any) -> None:
        settings.PARLEY_SIMULATOR_URL = "http://127.0.0.1:9"
        error = self.refused(sms)
        assert (error.code, error.verdict) == ("unreachable", "later")

    def test_a_wrong_token_waits_for_the_operator(self, acme: Workspace, twilio: TwilioSimulator) -> None:
        messenger = messenger_for(twilio_line(acme, token="f" * 32, number=twilio.account_sid))
        error = self.refused(messenger)
        assert (error.code, error.verdict) == ("sign_in", "later")

    def test_simulators_off(self, sms: TwilioMessenger, settings: Any) -> None:
        settings.PARLEY_SIMULATORS = False
        assert self.refused(sms).code == "simulators_off"

    def test_accepted_and_no_answer_is_looked_up(
        self, sms: TwilioMessenger, twilio: TwilioSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(twilio_rest, "SECONDS", 0.5)
        twilio.force("accept_then_time_out")
        error = self.refused(sms)
        assert error.verdict == "unknown"
        row = outbound(sms)
        found = sms.look_up(row)
        assert found is not None
        assert found.provider_id == twilio.sent_to(PERSON)[0].sid

    def test_what_was_never_taken_is_not_found(self, sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
        twilio.force("server_error")
        self.refused(sms)
        assert sms.look_up(outbound(sms)) is None

    def test_the_same_words_of_another_message_are_not_it(self, sms: TwilioMessenger) -> None:
        first = sms.send(PERSON, HELLO, key="om_1")
        outbound(sms, key="first", provider_id=first.provider_id, state="sent")
        assert sms.look_up(outbound(sms, key="second")) is None
        second = sms.send(PERSON, HELLO, key="om_2")
        found = sms.look_up(outbound(sms, key="third"))
        assert found is not None
        assert found.provider_id == second.provider_id

    def test_what_was_sent_long_before_is_not_it(self, sms: TwilioMessenger, twilio: TwilioSimulator) -> None:
        sms.send(PERSON, HELLO, key="om_1")
        [record] = twilio.sent_to(PERSON)
        record.when -= timedelta(hours=1)
        assert sms.look_up(outbound(sms)) is None

    def test_what_the_person_wrote_is_not_it(self, sms: TwilioMessenger, twilio: TwilioSimulator, run: Run) -> None:
        run(twilio.sms("Hello", sender=SENDER, to=PERSON))
        assert sms.look_up(outbound(sms)) is None


class TestSince:
    def test_what_came_meanwhile_oldest_first(self, sms: TwilioMessenger, twilio: TwilioSimulator, run: Run) -> None:
        began = timezone.now()
        for text in ("one", "two"):
            run(twilio.sms(text, sender=PERSON, to=SENDER))
        sms.send(PERSON, TextContent("ours"), key="om_1")
        run(twilio.sms("elsewhere", sender=PERSON, to="+15550100099"))
        run(twilio.sms("three", sender=PERSON, to=SENDER, media=[(b"JPEG", "image/jpeg")]))
        found = list(sms.since(began))
        assert [message.text for message in found] == ["one", "two", "three"]
        assert all(message.at is not None and message.at.tzinfo is not None for message in found)
        [file] = found[2].media
        assert (file.mime, sms.download(file, 100)) == ("image/jpeg", b"JPEG")

    def test_the_webhooks_key_is_the_lists_key(self, sms: TwilioMessenger, twilio: TwilioSimulator, run: Run) -> None:
        record = run(twilio.sms("one", sender=PERSON, to=SENDER))
        [found] = sms.since(timezone.now() - timedelta(minutes=1))
        assert (found.key, found.address, found.identities) == (record.sid, PERSON, (("phone", PERSON),))

    def test_what_came_long_before_is_not_asked_for(
        self, sms: TwilioMessenger, twilio: TwilioSimulator, run: Run
    ) -> None:
        record = run(twilio.sms("old", sender=PERSON, to=SENDER))
        record.when -= timedelta(hours=2)
        assert list(sms.since(timezone.now() - timedelta(minutes=1))) == []


class TestDownload:
    def note(self, twilio: TwilioSimulator, run: Run, data: bytes) -> IncomingMedia:
        record = run(twilio.whatsapp("", sender=PERSON, to=SENDER, media=[(data, "audio/ogg")]))
        [(url, mime)] = record.media
        return IncomingMedia(reference=url, mime=mime, voice=True)

    def test_with_the_accounts_password(self, whatsapp: TwilioMessenger, twilio: TwilioSimulator, run: Run) -> None:
        twilio.world.media_auth = True
        media = self.note(twilio, run, b"OggS" * 10)
        assert whatsapp.download(media, 100) == b"OggS" * 10

    def test_no_more_than_was_asked_for(self, whatsapp: TwilioMessenger, twilio: TwilioSimulator, run: Run) -> None:
        with pytest.raises(SendFailed) as failed:
            whatsapp.download(self.note(twilio, run, b"x" * 101), 100)
        assert (failed.value.code, failed.value.verdict) == ("too_large", "never")

    def test_gone(self, whatsapp: TwilioMessenger, twilio: TwilioSimulator, run: Run) -> None:
        media = self.note(twilio, run, b"x")
        twilio.centre.media.clear()
        with pytest.raises(SendFailed) as failed:
            whatsapp.download(media, 100)
        assert (failed.value.code, failed.value.verdict) == ("media_gone", "never")

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:9/x", "http://169.254.169.254/latest", "file:///etc/passwd", "", "https://[::1]/x"]
    )
    def test_no_address_inside(self, whatsapp: TwilioMessenger, url: str) -> None:
        with pytest.raises(SendFailed) as failed:
            whatsapp.download(IncomingMedia(reference=url), 100)
        assert (failed.value.code, failed.value.verdict) == ("media_gone", "never")
