"""The pure modules, run in the browser that will run them: conversion, play queue, reconnecting, transcript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser

from channels_io.pages.modules import STATIC

Run = Callable[..., Any]

TONE = """
const tone = (rate, hertz, seconds) =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / rate));
const peak = (samples) => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    handler = partial(_Handler, directory=str(STATIC))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def run(browsers: Callable[..., Browser], address: str) -> Iterator[Run]:
    """`run("talk/ring.js", "return new Ring(4).free")`: names of the module are in scope, `given` is the argument."""
    page = browsers(microphone=False).new_page()
    page.goto(f"{address}/talk/captions.css")

    def ran(module: str, body: str, given: object = None) -> Any:
        script = """async ({ address, body, given }) => {
            const module = await import(address);
            const names = Object.keys(module);
            const run = new Function(...names, "given", body);
            return run(...names.map((name) => module[name]), given);
        }"""
        source = {"address": f"{address}/{module}", "body": f"{TONE}\n{body}", "given": given}
        return page.evaluate(script, source)

    yield ran
    page.close()


@pytest.mark.parametrize("rate_in", [8000, 22050, 44100, 48000, 96000])
def test_a_tone_keeps_its_level_and_length(run: Run, rate_in: int) -> None:
    made = run(
        "talk/resampler.js",
        """
        const input = tone(given, 1000, 1);
        const whole = new Resampler(given, 16000);
        const once = [...whole.push(input), ...whole.flush()];
        const parts = new Resampler(given, 16000);
        const pieces = [];
        for (let at = 0; at < input.length; at += 128) pieces.push(...parts.push(input.subarray(at, at + 128)));
        pieces.push(...parts.flush());
        return { count: once.length, peak: peak(once.slice(2000, 14000)), same: String(once) === String(pieces) };
        """,
        rate_in,
    )
    assert made["count"] == 16_000
    assert made["peak"] == pytest.approx(0.5, rel=0.01)
    assert made["same"], "blocks of 128 give the same samples as one block"


def test_what_is_too_high_is_removed_and_not_folded_back(run: Run) -> None:
    left = run(
        "talk/resampler.js",
        "return given.map((hertz) => peak(new Resampler(48000, 16000).push(tone(48000, hertz, 1)).slice(500, 15000)))",
        [9000, 10000, 12000, 15500],
    )
    assert max(left) < 0.5 * 10 ** (-60 / 20)


def test_speech_band_passes(run: Run) -> None:
    left = run(
        "talk/resampler.js",
        "return given.map((hertz) => peak(new Resampler(44100, 16000).push(tone(44100, hertz, 1)).slice(500, 15000)))",
        [100, 300, 3000, 6000],
    )
    assert min(left) > 0.5 * 10 ** (-0.5 / 20)


def test_rates_must_be_whole(run: Run) -> None:
    assert (
        run("talk/resampler.js", "try { new Resampler(44100.5, 16000) } catch (error) { return error.name }")
        == "RangeError"
    )


def test_frames_have_320_samples(run: Run) -> None:
    sizes = run(
        "talk/framer.js",
        """
        const frames = [];
        const framer = new Framer(44100, (pcm) => frames.push(pcm.length));
        for (let at = 0; at < 346; at += 1) framer.push(new Float32Array(128));
        return frames;
        """,
    )
    assert sizes == [320] * 50  # 1.004 s, less the filter's 1.5 ms


def test_ring_wraps_and_refuses_what_does_not_fit(run: Run) -> None:
    made = run(
        "talk/ring.js",
        """
        const ring = new Ring(4);
        const out = new Float32Array(4);
        const steps = [ring.write(Float32Array.of(1, 2, 3)), ring.read(out, 0, 2), ring.write(Float32Array.of(4, 5, 6, 7))];
        ring.drop(1);
        steps.push(ring.read(out, 0, 9));
        return { steps, out: [...out] };
        """,
    )
    assert made["steps"] == [3, 2, 3, 3]
    assert made["out"] == [4, 5, 6, 0]


QUEUE = """
const queue = new PlayQueue(given?.rate ?? 48000);
const block = new Float32Array(128);
const pull = (count) => { let most = 0; for (let n = 0; n < count; n += 1) { queue.pull(block); most = Math.max(most, peak(block)); } return most; };
"""


def test_a_turn_is_played_whole_and_counted(run: Run) -> None:
    for rate in (44100, 48000):
        made = run(
            "talk/play-queue.js",
            QUEUE
            + """
            for (let n = 0; n < 10; n += 1) queue.push(1, tone(24000, 400, 0.02));
            queue.finish(1, 4800);
            const loud = pull(20);
            const midway = queue.progress();
            pull(70);
            return { loud, midway, reports: queue.takeReports(), playing: queue.playing, underruns: queue.underruns };
            """,
            {"rate": rate},
        )
        assert made["loud"] == pytest.approx(0.5, rel=0.03)
        assert made["midway"] == {"turn": 1, "samples": round(2560 * 24000 / rate), "done": False}
        assert made["reports"] == [{"turn": 1, "samples": 4800, "done": True}]
        assert (made["playing"], made["underruns"]) == (False, 0)


def test_clear_is_silent_after_one_block(run: Run) -> None:
    made = run(
        "talk/play-queue.js",
        QUEUE
        + """
        queue.push(3, tone(24000, 400, 2));
        pull(50);
        queue.clear(3);
        const fading = pull(1);
        const after = pull(40);
        queue.push(3, tone(24000, 400, 1));
        queue.push(2, tone(24000, 400, 1));
        const stale = pull(40);
        queue.push(5, tone(24000, 400, 1));
        return { fading, after, stale, fresh: pull(40), reports: queue.takeReports() };
        """,
    )
    assert made["fading"] > 0
    assert (made["after"], made["stale"]) == (0, 0)
    assert made["fresh"] > 0.4
    assert made["reports"] == [{"turn": 3, "samples": 3200, "done": True}]


def test_clearing_one_turn_leaves_the_next(run: Run) -> None:
    made = run(
        "talk/play-queue.js",
        QUEUE
        + """
        queue.push(1, tone(24000, 400, 1));
        queue.push(2, tone(24000, 400, 0.1));
        pull(10);
        queue.clear(1);
        queue.finish(2, 2400);
        const loud = pull(60);
        return { loud, reports: queue.takeReports() };
        """,
    )
    assert made["loud"] > 0.4
    assert made["reports"][0]["turn"] == 1
    assert made["reports"][1] == {"turn": 2, "samples": 2400, "done": True}


def test_ducked_within_eleven_milliseconds(run: Run) -> None:
    made = run(
        "talk/play-queue.js",
        QUEUE
        + """
        queue.push(1, tone(24000, 400, 2));
        pull(20);
        queue.duck();
        pull(4);
        const ducked = pull(20);
        queue.release();
        pull(4);
        return { ducked, back: pull(20) };
        """,
    )
    assert made["ducked"] == pytest.approx(0.06, abs=0.01)
    assert made["back"] == pytest.approx(0.5, rel=0.03)


def test_held_it_fades_out_keeps_the_rest_and_goes_on_there(run: Run) -> None:
    made = run(
        "talk/play-queue.js",
        QUEUE
        + """
        const ramp = Float32Array.from({ length: 24000 }, (_, n) => 0.1 + n / 100000);
        queue.push(1, ramp);
        queue.finish(1, 24000);
        pull(20);
        const before = queue.progress().samples;
        queue.hold();
        pull(4);
        const held = queue.progress();
        const silent = pull(400);
        const still = queue.progress();
        queue.push(1, new Float32Array(0));
        queue.release();
        queue.pull(block);
        const first = block[0];
        pull(4);
        queue.pull(block);
        const last = block[127];
        const at = queue.progress().samples;
        pull(400);
        return { before, held, silent, still, first, last, at, underruns: queue.underruns, reports: queue.takeReports() };
        """,
        {"rate": 24000},
    )
    assert made["before"] == 2560
    assert made["held"] == {"turn": 1, "samples": 2560 + 240, "done": False}, "10 ms of fading are still heard"
    assert made["silent"] == 0
    assert made["still"] == made["held"]
    assert 0 < made["first"] < 0.01, "it fades in"
    assert made["at"] == 2800 + 6 * 128
    assert made["last"] == pytest.approx(0.1 + (made["at"] - 1) / 100_000, abs=1e-4), "exactly from where it was held"
    assert made["underruns"] == 0
    assert made["reports"] == [{"turn": 1, "samples": 24_000, "done": True}]


def test_cleared_while_held_it_makes_no_sound_and_the_next_reply_is_heard(run: Run) -> None:
    made = run(
        "talk/play-queue.js",
        QUEUE
        + """
        queue.push(1, tone(24000, 400, 2));
        pull(50);
        queue.hold();
        pull(50);
        const held = queue.progress().samples;
        queue.clear(1);
        const after = pull(40);
        queue.push(3, tone(24000, 400, 1));
        return { held, after, next: pull(40), reports: queue.takeReports() };
        """,
    )
    assert made["after"] == 0
    assert made["next"] > 0.4
    assert made["reports"] == [{"turn": 1, "samples": made["held"], "done": True}]


def test_a_new_socket_is_not_held(run: Run) -> None:
    loud = run(
        "talk/play-queue.js",
        QUEUE + "queue.hold(); queue.reset(); queue.push(1, tone(24000, 400, 1)); return pull(40);",
    )
    assert loud > 0.4


def test_a_gap_waits_for_a_little_audio_before_going_on(run: Run) -> None:
    made = run(
        "talk/play-queue.js",
        QUEUE
        + """
        queue.push(1, tone(24000, 400, 0.1));
        pull(60);
        queue.push(1, tone(24000, 400, 0.02));
        const early = pull(10);
        queue.push(1, tone(24000, 400, 0.06));
        return { early, later: pull(10), underruns: queue.underruns };
        """,
    )
    assert made["early"] == 0
    assert made["later"] > 0.4
    assert made["underruns"] == 1


def test_an_announced_end_that_never_comes_is_given_up(run: Run) -> None:
    reports = run(
        "talk/play-queue.js",
        QUEUE + "queue.finish(1, 9999); queue.push(1, tone(24000, 400, 0.1)); pull(260); return queue.takeReports();",
    )
    assert reports == [{"turn": 1, "samples": 2400, "done": True}]


@pytest.mark.parametrize(
    ("given", "action"),
    [
        ({"code": 1000, "opened": True, "attempt": 0}, {"action": "end"}),
        ({"code": 1006, "opened": True, "attempt": 0}, {"action": "retry", "delay": 300}),
        ({"code": 1012, "opened": True, "attempt": 3}, {"action": "retry", "delay": 2400}),
        ({"code": 0, "opened": True, "attempt": 9}, {"action": "retry", "delay": 5000}),
        ({"code": 1006, "opened": True, "attempt": 30, "lostMs": 120000}, {"action": "stop", "problem": "lost"}),
        ({"code": 0, "opened": False, "attempt": 2}, {"action": "retry", "delay": 1200}),
        ({"code": 0, "opened": False, "attempt": 3}, {"action": "stop", "problem": "lost"}),
        ({"code": 4401, "opened": False, "attempt": 0}, {"action": "retry", "delay": 300}),
        ({"code": 4403, "opened": False, "attempt": 0}, {"action": "stop", "problem": "refused"}),
        ({"code": 4404, "opened": True, "attempt": 0}, {"action": "stop", "problem": "not_found"}),
        ({"code": 4409, "opened": True, "attempt": 0}, {"action": "stop", "problem": "elsewhere"}),
        ({"code": 4429, "opened": False, "attempt": 0}, {"action": "stop", "problem": "worker_full"}),
        ({"code": 4429, "opened": True, "attempt": 1}, {"action": "retry", "delay": 600}),
        ({"code": 4503, "opened": True, "attempt": 9, "lostMs": 120001}, {"action": "stop", "problem": "no_worker"}),
    ],
)
def test_after_a_close(run: Run, given: dict[str, Any], action: dict[str, Any]) -> None:
    assert run("talk/reconnect.js", "return afterClose({ ...given, random: 0.5 })", given) == action


def test_delays_scatter_by_a_quarter(run: Run) -> None:
    assert run("talk/reconnect.js", "return [delayBefore(1, 0), delayBefore(1, 1)]") == [450, 750]


def lines(run: Run, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    body = """
    const transcript = new Transcript();
    transcript.begin("lg_1");
    for (const message of given) {
      if (message.type === "played") transcript.played(message);
      else if (message.type === "typed") transcript.typed(message.id, message.text);
      else if (message.type === "begin") transcript.begin(message.leg);
      else transcript.apply(message);
    }
    return transcript.lines.map(({ role, text, state, spoken }) => ({ role, text, state, ...(role === "agent" ? { said: text.slice(0, spoken) } : {}) }));
    """
    made: list[dict[str, Any]] = run("talk/transcript.js", body, list(messages))
    return made


def test_a_partial_becomes_what_was_heard(run: Run) -> None:
    heard = {"type": "heard", "turn": 1, "text": "What time?", "source": "voice", "id": ""}
    made = lines(run, {"type": "partial", "text": "What"}, {"type": "partial", "text": "What time"}, heard)
    assert made == [{"role": "caller", "text": "What time?", "state": "done"}]


def test_a_cut_reply_keeps_the_words_that_were_heard(run: Run) -> None:
    made = lines(
        run,
        {"type": "reply_text", "turn": 2, "text": "We are open "},
        {"type": "reply_text", "turn": 2, "text": "from Monday to Friday."},
        {"type": "played", "turn": 2, "samples": 24000, "done": False},
        {"type": "clear", "turn": 2},
        {"type": "reply_text", "turn": 2, "text": "Never."},
    )
    assert made == [
        {"role": "agent", "text": "We are open from Monday to Friday.", "state": "cut", "said": "We are open from"}
    ]


def test_a_reply_that_was_heard_to_its_end_is_not_cut(run: Run) -> None:
    made = lines(
        run,
        {"type": "reply_text", "turn": 2, "text": "Yes."},
        {"type": "reply_done", "turn": 2, "text": "Yes.", "samples": 9000, "end": ""},
        {"type": "played", "turn": 2, "samples": 9000, "done": True},
        {"type": "clear", "turn": 2},
    )
    assert made == [{"role": "agent", "text": "Yes.", "state": "done", "said": "Yes."}]


def test_typed_lines_wait_for_their_acknowledgement(run: Run) -> None:
    made = lines(
        run,
        {"type": "typed", "id": "a", "text": "One"},
        {"type": "typed", "id": "b", "text": "Two"},
        {"type": "heard", "turn": 1, "text": "One", "source": "text", "id": "a"},
    )
    assert [line["state"] for line in made] == ["done", "sending"]


def test_the_same_turn_of_a_new_leg_is_another_line(run: Run) -> None:
    made = lines(
        run,
        {"type": "reply_text", "turn": 0, "text": "Hello."},
        {"type": "begin", "leg": "lg_2"},
        {"type": "reply_text", "turn": 0, "text": "Welcome back."},
    )
    assert [(line["text"], line["state"]) for line in made] == [("Hello.", "cut"), ("Welcome back.", "live")]


def test_colours_are_readable(run: Run) -> None:
    made = run(
        "widget/colour.js",
        "return given.map((text) => { const colour = parseColour(text); return colour && textOn(colour) })",
        ["#000", "#ffd400", "#4f46e5", "red", "#12345"],
    )
    assert made == ["#ffffff", "#10201f", "#ffffff", None, None]


def test_waterfall_bars_follow_each_other(run: Run) -> None:
    spans = [{"name": "silence", "ms": 200}, {"name": "voice", "ms": 50}, {"name": "other", "ms": 0}]
    bars = run("call/waterfall.js", "return barsOf(given, 500)", spans)
    assert [(bar["start"], bar["width"]) for bar in bars] == [(0, 40), (40, 10), (50, 0)]
    bars = run("call/waterfall.js", "return barsOf(given, 125)", spans)
    assert [(bar["start"], bar["width"]) for bar in bars] == [(0, 80), (80, 20), (100, 0)]


@pytest.mark.parametrize(("ms", "word"), [(600, "good"), (601, "fair"), (1000, "fair"), (1001, "slow")])
def test_the_verdict_on_a_wait(run: Run, ms: int, word: str) -> None:
    assert run("call/waterfall.js", "return verdict(given, 600)", ms) == word


# --- links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("See us (https://x.com/a_b).", ["https://x.com/a_b"]),
        ("https://x.org/Foo_(bar), or http://y.org/?a=1&b=2!", ["https://x.org/Foo_(bar)", "http://y.org/?a=1&b=2"]),
        ("javascript:alert(1) and <a href='https://z.com'>", ["https://z.com"]),
        ("No address: x.com, https://", []),
    ],
)
def test_addresses_in_what_the_agent_wrote(run: Run, text: str, addresses: list[str]) -> None:
    pieces = run("talk/links.js", "return splitLinks(given)", text)
    assert "".join(piece["text"] for piece in pieces) == text
    assert [piece["address"] for piece in pieces if piece["address"]] == addresses


# --- listening in ---------------------------------------------------------------------------------


def test_a_listener_hears_the_caller_left_and_the_agent_right_once_a_little_is_there(run: Run) -> None:
    heard = run(
        "talk/listen-queue.js",
        """
        const queue = new ListenQueue(48000);
        const [left, right] = [new Float32Array(4800), new Float32Array(4800)];
        const piece = new Float32Array(1600).fill(0.5);
        queue.push(0, piece);
        queue.pull(left, right);
        const early = peak(left);
        queue.push(0, piece);
        queue.push(2, piece);
        queue.push(2, piece);
        queue.pull(left, right);
        queue.pull(left, right);
        return { early, left: left[2400], right: right[2400] };
        """,
    )
    assert heard["early"] == 0, "0.1 s is too little to begin with"
    assert heard["left"] == pytest.approx(0.5, abs=0.01)
    assert heard["right"] == pytest.approx(0.5, abs=0.01), "a person of the team stands where the agent does"


def test_the_delay_of_a_listener_does_not_grow(run: Run) -> None:
    left = run(
        "talk/listen-queue.js",
        """
        const queue = new ListenQueue(16000);
        for (let piece = 0; piece < 100; piece += 1) queue.push(0, new Float32Array(320));
        const [side] = queue.sides;
        return { waiting: side.ring.length / 16000, dropped: side.dropped };
        """,
    )
    assert left["waiting"] <= 0.5
    assert left["dropped"] > 0
    assert left["dropped"] / 16_000 + left["waiting"] == pytest.approx(2.0)


def test_a_side_that_ran_dry_waits_again(run: Run) -> None:
    flowing = run(
        "talk/listen-queue.js",
        """
        const queue = new ListenQueue(16000);
        const [left, right] = [new Float32Array(1600), new Float32Array(1600)];
        const said = [];
        queue.push(1, new Float32Array(2400).fill(0.1));
        for (let block = 0; block < 3; block += 1) {
          queue.pull(left, right);
          said.push(peak(right) > 0);
        }
        queue.push(1, new Float32Array(320).fill(0.1));
        queue.pull(left, right);
        said.push(peak(right) > 0);
        return said;
        """,
    )
    assert flowing == [True, True, False, False]


def test_sound_is_cut_from_its_side_and_time(run: Run) -> None:
    cut = run(
        "inbox/wire.js",
        """
        const piece = Uint8Array.of(1, 0, 1, 0, 2, 7, 0, 8, 0);
        const { side, at, pcm } = splitSound(piece.buffer);
        const bad = [Uint8Array.of(0), Uint8Array.of(3, 0, 0, 0, 0, 1, 1), Uint8Array.of(0, 0, 0, 0, 0, 1)];
        return { side, at, pcm: [...new Int16Array(pcm)], bad: bad.map((each) => splitSound(each.buffer)) };
        """,
    )
    assert cut == {"side": 1, "at": 65_538, "pcm": [7, 8], "bad": [None, None, None]}


@pytest.mark.parametrize(("code", "again"), [(4401, True), (4410, True), (0, True), (4404, False), (4403, False)])
def test_what_trying_again_cures_is_tried_again(run: Run, code: int, again: bool) -> None:
    assert (run("inbox/wire.js", "return againAfter(given, 2, 0.5)", code) is not None) == again


@pytest.mark.parametrize(
    ("heard", "whole", "rest"),
    [
        ("We open at", "We open  at nine. Shall I book?", "nine. Shall I book?"),
        ("We open at nine.", "We open at nine.", ""),
        ("", "Good morning.", "Good morning."),
        ("Something else", "We open at nine.", ""),
    ],
)
def test_what_was_not_heard_of_a_reply(run: Run, heard: str, whole: str, rest: str) -> None:
    assert run("inbox/live_transcript.js", "return rest(...given)", [heard, whole]) == rest
