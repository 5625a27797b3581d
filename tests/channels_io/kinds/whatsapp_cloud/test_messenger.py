"""Over HTTP to the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from channels_io import recordings
from channels_io.kinds.whatsapp_cloud import graph
from channels_io.kinds.whatsapp_cloud.messenger import MetaMessenger, messenger_for
from channels_io.messaging.content import (
    Choice,
    ChoicesContent,
    Content,
    MediaContent,
    TemplateContent,
    TextContent,
    VoiceNoteContent,
)
from channels_io.messaging.provider import IncomingMedia, IncomingMessage, SendFailed
from channels_io.models import Channel
from channels_io.registry import messenger_of
from channels_io.simulators.meta import Faults, MediaFile, MetaSimulator
from parley.accounts.models import Workspace
from tests.support.in_thread import in_thread
from tests.support.messaging_lines import meta_line

pytestmark = pytest.mark.django_db

ANN = "+15550100001"
HELLO = TextContent("Hello 👋")


@pytest.fixture(scope="module")
def running() -> Iterator[MetaSimulator]:
    with in_thread(MetaSimulator()) as (meta, _run):
        yield meta


@pytest.fixture
def meta(running: MetaSimulator, settings: Any) -> MetaSimulator:
    settings.PARLEY_SIMULATOR_URL = running.base_url.removesuffix(graph.SIMULATOR_PATH)
    running.ledger.sends.clear()
    running.ledger.marks.clear()
    running.ledger.refusals.clear()
    running.graph.templates.clear()
    running.graph.heard = {ANN[1:]: 4e9, "US.1": 4e9}
    for name, value in vars_of(Faults()).items():
        setattr(running.faults, name, value)
    return running


def vars_of(faults: Faults) -> dict[str, Any]:
    return {name: getattr(faults, name) for name in Faults.__slots__}


@pytest.fixture
def line(acme: Workspace, meta: MetaSimulator) -> MetaMessenger:
    channel, _ = meta_line(acme, meta.identity)
    return messenger_for(channel)


def test_the_registry_finds_it(line: MetaMessenger) -> None:
    assert isinstance(messenger_of(line.channel), MetaMessenger)
    Channel.objects.update(account=None)
    line.channel.refresh_from_db()
    with pytest.raises(LookupError):
        messenger_of(line.channel)


def test_a_text_with_our_key(line: MetaMessenger, meta: MetaSimulator) -> None:
    sent = line.send(ANN, HELLO, key="om_1")
    [got] = meta.ledger.sends
    assert (got.id, got.to, got.text, got.key) == (sent.provider_id, ANN[1:], "Hello 👋", "om_1")
    assert got.body["text"]["preview_url"] is False


def test_a_person_without_a_number(line: MetaMessenger, meta: MetaSimulator) -> None:
    line.send("US.1", HELLO, key="om_1")
    [got] = meta.ledger.sends
    assert (got.body["recipient"], "to" in got.body) == ("US.1", False)


def choices(*labels: str, text: str = "Which day?", button: str = "") -> ChoicesContent:
    return ChoicesContent(text, tuple(Choice(f"v{number}", label) for number, label in enumerate(labels)), button)


def test_few_short_answers_are_buttons(line: MetaMessenger, meta: MetaSimulator) -> None:
    line.send(ANN, choices("Saturday", "x" * 20, "👋" * 10), key="om_1")
    [got] = meta.ledger.sends
    assert got.text == "Which day?"
    replies = [button["reply"] for button in got.body["interactive"]["action"]["buttons"]]
    assert replies == [
        {"id": "v0", "title": "Saturday"},
        {"id": "v1", "title": "x" * 20},
        {"id": "v2", "title": "👋" * 10},
    ]


def test_more_or_longer_ones_are_a_list(line: MetaMessenger, meta: MetaSimulator) -> None:
    line.send(ANN, choices("One", "Two", "Three", "Four", button="Days"), key="om_1")
    line.send(ANN, choices("A cleaning that takes forty minutes", "Whitening"), key="om_2")
    four, long = (send.body["interactive"] for send in meta.ledger.sends)
    assert (four["type"], four["action"]["button"]) == ("list", "Days")
    assert [row["title"] for row in four["action"]["sections"][0]["rows"]] == ["One", "Two", "Three", "Four"]
    rows = long["action"]["sections"][0]["rows"]
    assert rows[0] == {
        "id": "v0",
        "title": "A cleaning that takes…",
        "description": "A cleaning that takes forty minutes",
    }
    assert long["action"]["button"] == "Choose"


@pytest.mark.parametrize(
    "content",
    [
        choices(*(f"Day {number}" for number in range(11))),
        choices("x" * 97),
        choices("The same beginning of many words, one", "The same beginning of many words, two"),
        ChoicesContent("?", (Choice("v", "Same"), Choice("w", "Same"))),
        ChoicesContent("?", (Choice("v", "One"), Choice("v", "Two"))),
        ChoicesContent("?", (Choice("", "One"), Choice("v", "Two"))),
        ChoicesContent("?", (Choice("v" * 300, "One"),)),
        ChoicesContent("?", (Choice("v", "  "), Choice("w", "x"))),
        choices("One", text="x" * 1025),
        choices(),
    ],
)
def test_what_has_no_room_is_numbered_lines(line: MetaMessenger, meta: MetaSimulator, content: ChoicesContent) -> None:
    line.send(ANN, content, key="om_1")
    [got] = meta.ledger.sends
    assert got.type == "text"
    assert all(f"{number}. {each.label}" in got.text for number, each in enumerate(content.choices, 1))


@pytest.mark.parametrize(
    ("content", "kind", "part"),
    [
        (MediaContent("https://x.example/a.png", "image/png", "Look"), "image", {"caption": "Look"}),
        (MediaContent("https://x.example/a.mp4", "video/mp4"), "video", {}),
        (MediaContent("https://x.example/a.mp3", "audio/mpeg", "no caption here"), "audio", {}),
        (
            MediaContent("https://x.example/a.pdf", "application/pdf", "", "plan.pdf"),
            "document",
            {"filename": "plan.pdf"},
        ),
    ],
)
def test_media(
    line: MetaMessenger, meta: MetaSimulator, content: MediaContent, kind: str, part: dict[str, str]
) -> None:
    line.send(ANN, content, key="om_1")
    [got] = meta.ledger.sends
    assert (got.type, got.body[kind]) == (kind, {"link": content.url, **part})


def test_a_voice_note_is_uploaded(line: MetaMessenger, meta: MetaSimulator) -> None:
    path: Path = recordings.path_of("voice_notes/w/1.ogg")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"OggS" * 100)
    line.send(ANN, VoiceNoteContent("voice_notes/w/1.ogg", "Good evening"), key="om_1")
    [got] = meta.ledger.sends
    assert got.body["audio"]["voice"] is True
    file = meta.ledger.uploads[got.body["audio"]["id"]]
    assert (file.data, file.mime) == (b"OggS" * 100, "audio/ogg")


@pytest.mark.parametrize("name", ["gone.ogg", "../secret", "long.ogg"])
def test_a_voice_note_that_cannot_be_one_is_words(line: MetaMessenger, meta: MetaSimulator, name: str) -> None:
    path = recordings.path_of("long.ogg")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * (512 * 1024 + 1))
    line.send(ANN, VoiceNoteContent(name, "Good evening"), key="om_1")
    assert [(send.type, send.text) for send in meta.ledger.sends] == [("text", "Good evening")]


REMINDER = {
    "name": "reminder",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Visit on {{1}}"},
        {"type": "BODY", "text": "Hi {{1}}, see you at {{2}}."},
        {"type": "FOOTER", "text": "Smile Dental"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "OK"},
                {"type": "URL", "text": "Move", "url": "https://x.example/{{1}}"},
            ],
        },
    ],
}


def test_a_template_with_places_in_all_its_parts(line: MetaMessenger, meta: MetaSimulator) -> None:
    meta.graph.templates.append(REMINDER)
    [template] = line.templates()
    assert (template.reference, template.language, template.category) == ("reminder", "en_US", "utility")
    assert template.body == (
        "Visit on {{1}}\n\nHi {{2}}, see you at {{3}}.\n\nSmile Dental\n\n[OK]\n\n[Move] https://x.example/{{4}}"
    )
    template.save()
    values = ("Saturday", "Ann\nMarie", "nine", "a1")
    line.send(ANN, TemplateContent("reminder", "en_US", values, "…"), key="om_1")
    [got] = meta.ledger.sends
    assert got.body["template"] == {
        "name": "reminder",
        "language": {"code": "en_US"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "Saturday"}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Ann Marie"}, {"type": "text", "text": "nine"}]},
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "a1"}]},
        ],
    }


def test_a_template_with_names(line: MetaMessenger, meta: MetaSimulator) -> None:
    body = {"type": "BODY", "text": "Hi {{name}}, see you {{day}}."}
    meta.graph.templates.append({**REMINDER, "components": [body]})
    [template] = line.templates()
    assert template.body == "Hi {{1}}, see you {{2}}."
    template.save()
    line.send(ANN, TemplateContent("reminder", "en_US", ("Ann", "soon")), key="om_1")
    assert meta.ledger.sends[0].body["template"]["components"][0]["parameters"] == [
        {"type": "text", "parameter_name": "name", "text": "Ann"},
        {"type": "text", "parameter_name": "day", "text": "soon"},
    ]


def test_a_template_nobody_fetched_takes_its_values_in_the_body(line: MetaMessenger, meta: MetaSimulator) -> None:
    meta.graph.templates.append(REMINDER)
    line.send(ANN, TemplateContent("reminder", "en_US", ("Ann",)), key="om_1")
    line.send(ANN, TemplateContent("reminder", "en_US"), key="om_2")
    one, none = (send.body["template"] for send in meta.ledger.sends)
    assert one["components"] == [{"type": "body", "parameters": [{"type": "text", "text": "Ann"}]}]
    assert "components" not in none


def test_only_templates_that_can_be_sent(line: MetaMessenger, meta: MetaSimulator) -> None:
    picture = {"type": "HEADER", "format": "IMAGE"}
    code = {"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Copy"}]}
    meta.graph.templates += [
        REMINDER,
        {**REMINDER, "name": "rejected", "status": "REJECTED"},
        {**REMINDER, "name": "picture", "components": [picture, {"type": "BODY", "text": "x"}]},
        {**REMINDER, "name": "code", "components": [{"type": "BODY", "text": "x"}, code]},
    ]
    assert [template.name for template in line.templates()] == ["reminder"]


def test_every_page_of_templates(line: MetaMessenger, meta: MetaSimulator) -> None:
    meta.graph.templates += [{**REMINDER, "name": f"t{number}"} for number in range(250)]
    assert len({template.name for template in line.templates()}) == 250


def test_seen_marks_and_types(line: MetaMessenger, meta: MetaSimulator) -> None:
    line.seen(IncomingMessage(key="wamid.1", address=ANN, identities=()))
    [mark] = meta.ledger.marks
    assert (mark.message, mark.typing) == ("wamid.1", True)
    meta.faults.token_expired = True
    line.seen(IncomingMessage(key="wamid.2", address=ANN, identities=()))
    assert len(meta.ledger.marks) == 1


def test_nothing_to_look_in(line: MetaMessenger) -> None:
    assert list(line.since(datetime.now())) == []
    assert not line.abilities.lists_messages


class TestFailures:
    def refused(self, line: MetaMessenger, content: Content = HELLO) -> SendFailed:
        with pytest.raises(SendFailed) as failed:
            line.send(ANN, content, key="om_1")
        return failed.value

    def test_the_window(self, line: MetaMessenger, meta: MetaSimulator) -> None:
        meta.graph.heard.clear()
        error = self.refused(line)
        assert (error.code, error.verdict) == ("window_closed", "never")

    @pytest.mark.parametrize(
        ("fault", "code", "seconds"), [("throttle", "throttled", 2), ("pair_rate", "pair_throttled", 6)]
    )
    def test_rates(self, line: MetaMessenger, meta: MetaSimulator, fault: str, code: str, seconds: float) -> None:
        setattr(meta.faults, fault, 1)
        error = self.refused(line)
        assert (error.code, error.verdict, error.retry_after) == (code, "later", seconds)
        line.send(ANN, HELLO, key="om_1")
        assert len(meta.ledger.sends) == 1

    def test_token_expired(self, line: MetaMessenger, meta: MetaSimulator) -> None:
        meta.faults.token_expired = True
        error = self.refused(line)
        assert (error.code, error.verdict) == ("sign_in", "later")

    def test_the_token_is_not_in_the_message(self, line: MetaMessenger, meta: MetaSimulator) -> None:
        meta.faults.refuse = [(400, 100, "Invalid parameter")]
        error = self.refused(line)
        assert meta.identity.access_token not in str(error)
        assert (error.code, error.verdict) == ("bad_message", "never")

    @pytest.mark.parametrize("fault", ["accept_and_hang", "accept_and_cut"])
    def test_accepted_and_no_answer_is_unknown(
        self, line: MetaMessenger, meta: MetaSimulator, monkeypatch: pytest.MonkeyPatch, fault: str
    ) -> None:
        monkeypatch.setattr(meta.faults, "hang_seconds", 1.0)
        original = graph.Graph.post
        monkeypatch.setattr(
            graph.Graph, "post", lambda self, path, body, seconds=0.3: original(self, path, body, seconds)
        )
        setattr(meta.faults, fault, 1)
        error = self.refused(line)
        assert (error.code, error.verdict) == ("no_answer", "unknown")
        assert [send.key for send in meta.ledger.sends] == ["om_1"]

    def test_nobody_there_is_later(self, line: MetaMessenger, settings: Any) -> None:
        settings.PARLEY_SIMULATOR_URL = "http://127.0.0.1:9"
        error = self.refused(line)
        assert (error.code, error.verdict) == ("unreachable", "later")

    def test_an_upload_that_fails_sends_nothing(self, line: MetaMessenger, meta: MetaSimulator) -> None:
        path: Path = recordings.path_of("n.ogg")
        path.parent.mkdir(parents=True)
        path.write_bytes(b"OggS")
        meta.faults.token_expired = True
        assert self.refused(line, VoiceNoteContent("n.ogg", "x")).verdict == "later"
        assert not meta.ledger.sends

    def test_too_long_and_empty_are_not_even_tried(self, line: MetaMessenger, meta: MetaSimulator) -> None:
        assert self.refused(line, TextContent("x" * 4097)).code == "too_long"
        assert self.refused(line, TextContent("👋" * 2049)).code == "too_long"
        assert self.refused(line, TextContent(" \n")).code == "empty"
        assert not meta.ledger.refusals

    def test_without_a_token_or_simulators(self, acme: Workspace, line: MetaMessenger, settings: Any) -> None:
        bare, _ = meta_line(acme, secrets={"app_secret": "x"})
        assert self.refused(messenger_for(bare)).code == "no_secret"
        settings.PARLEY_SIMULATORS = False
        assert self.refused(line).code == "simulators_off"


class TestDownload:
    def stored(self, meta: MetaSimulator, data: bytes) -> IncomingMedia:
        meta.graph.files["77"] = MediaFile("77", data, "audio/ogg; codecs=opus", True)
        return IncomingMedia(reference="77", voice=True)

    def test_with_the_token(self, line: MetaMessenger, meta: MetaSimulator) -> None:
        assert line.download(self.stored(meta, b"OggS" * 9), 100) == b"OggS" * 9

    def test_no_more_than_was_asked_for(self, line: MetaMessenger, meta: MetaSimulator) -> None:
        meta.ledger.downloads.clear()
        with pytest.raises(SendFailed) as failed:
            line.download(self.stored(meta, b"x" * 101), 100)
        assert (failed.value.code, failed.value.verdict) == ("too_large", "never")
        assert not meta.ledger.downloads

    @pytest.mark.parametrize("reference", ["77", "78", "", "../me", "me?fields=id"])
    def test_gone(self, line: MetaMessenger, meta: MetaSimulator, reference: str) -> None:
        self.stored(meta, b"x")
        meta.faults.media_gone = True
        with pytest.raises(SendFailed) as failed:
            line.download(IncomingMedia(reference=reference), 100)
        assert (failed.value.code, failed.value.verdict) == ("media_gone", "never")

    def test_an_outage_is_not_gone(self, line: MetaMessenger, meta: MetaSimulator) -> None:
        media = self.stored(meta, b"x")
        meta.faults.token_expired = True
        with pytest.raises(SendFailed) as failed:
            line.download(media, 100)
        assert (failed.value.code, failed.value.verdict) == ("sign_in", "later")
