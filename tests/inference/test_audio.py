"""Audio: µ-law against the definition of G.711, levels, resampling in pieces and at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.audio import AudioFrame, Resampler, Samples, level_dbfs, resample, to_float, ulaw_decode, ulaw_encode


def decoded_by_definition(code: int) -> int:
    """G.711 µ-law, one byte, in 16-bit scale: sign, three bits of segment, four of interval, all inverted."""
    code = ~code & 0xFF
    segment, interval = code >> 4 & 7, code & 15
    magnitude = (2 * interval + 33) * 2**segment - 33
    return -4 * magnitude if code & 0x80 else 4 * magnitude


def encoded_by_definition(sample: int) -> int:
    """The reference encoder in 16-bit scale: clip, bias 132, find the segment by its highest bit."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    segment = magnitude.bit_length() - 8
    interval = magnitude >> (segment + 3) & 15
    return ~(sign | segment << 4 | interval) & 0xFF


def tone(rate: int, seconds: float, hertz: float = 440, level: float = 12000) -> Samples:
    return (np.sin(np.arange(int(rate * seconds)) * (2 * np.pi * hertz / rate)) * level).astype(np.int16)


def test_ulaw_decodes_every_code_as_defined() -> None:
    assert ulaw_decode(bytes(range(256))).tolist() == [decoded_by_definition(code) for code in range(256)]


def test_ulaw_encodes_every_sample_as_defined() -> None:
    every = np.arange(-32768, 32768, dtype=np.int16)
    assert ulaw_encode(every) == bytes(encoded_by_definition(int(sample)) for sample in every)


def test_ulaw_round_trip_is_exact_for_every_code() -> None:
    codes = bytes(range(256))
    again = ulaw_encode(ulaw_decode(codes))
    # 0x7F is negative zero: the same level as 0xFF, which is the one that is written.
    assert again == codes.replace(b"\x7f", b"\xff")


def test_known_ulaw_codes() -> None:
    assert ulaw_decode(b"\xff\x00\x80").tolist() == [0, -32124, 32124]
    assert ulaw_encode(np.array([0, 32767, -32768], np.int16)) == b"\xff\x80\x00"


def test_levels() -> None:
    assert level_dbfs(np.zeros(160, np.int16)) == -120.0
    assert level_dbfs(np.zeros(0, np.int16)) == -120.0
    assert abs(level_dbfs(np.full(160, -32768, np.int16))) < 1e-9
    assert abs(level_dbfs(np.full(160, 16384, np.int16)) + 6.0206) < 1e-3
    assert abs(level_dbfs(tone(16000, 1, level=32767)) + 3.0103) < 1e-2


def test_a_frame_is_bytes_and_rate() -> None:
    frame = AudioFrame(b"\x01\x00\xff\xff", 16000)
    assert frame.samples.tolist() == [1, -1]
    assert (frame.sample_count, frame.duration_ms) == (2, 0.125)
    assert AudioFrame.from_samples(frame.samples, 16000) == frame


def test_float_conversion_clips() -> None:
    frame = AudioFrame.from_float(np.array([0.0, 1.0, -1.0, 7.0, -7.0]), 24000)
    assert frame.samples.tolist() == [0, 32767, -32767, 32767, -32767]
    assert to_float(np.array([-32768, 16384], np.int16)).tolist() == [-1.0, 0.5]


@pytest.mark.parametrize(
    ("source", "target"), [(8000, 16000), (16000, 8000), (24000, 8000), (16000, 48000), (24000, 48000)]
)
@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 700), min_size=1, max_size=12))
def test_resampling_in_pieces_is_resampling_at_once(source: int, target: int, sizes: list[int]) -> None:
    samples = tone(source, 0.4)
    whole = Resampler(source, target)
    expected = np.concatenate([whole.feed(samples), whole.feed(np.zeros(0, np.int16), last=True)])
    pieces, position = Resampler(source, target), 0
    out: list[Samples] = []
    for size in [*sizes, samples.size]:
        out.append(pieces.feed(samples[position : position + size]))
        position += size
    out.append(pieces.feed(np.zeros(0, np.int16), last=True))
    assert np.concatenate(out).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("source", "target"), [(8000, 16000), (16000, 8000), (24000, 16000), (24000, 8000), (48000, 16000), (22050, 24000)]
)
def test_resampling_keeps_time_and_tone(source: int, target: int) -> None:
    samples = tone(source, 0.5)
    stream = Resampler(source, target)
    out = np.concatenate(
        [*(stream.feed(samples[start : start + source // 50]) for start in range(0, samples.size, source // 50)),
         stream.feed(np.zeros(0, np.int16), last=True)]
    )  # fmt: skip
    expected = tone(target, 0.5)
    assert abs(out.size - expected.size) <= target // 100
    middle = slice(expected.size // 4, expected.size // 2)
    assert np.abs(out[middle].astype(int) - expected[middle].astype(int)).max() < 500
    steps = np.abs(np.diff(out[middle].astype(int)))
    assert steps.max() < 1.2 * np.abs(np.diff(expected[middle].astype(int))).max()


def test_the_same_rate_passes_through() -> None:
    samples = tone(16000, 0.1)
    assert Resampler(16000, 16000).feed(samples) is samples
    assert resample(samples, 16000, 16000) is samples


def test_a_whole_clip_is_resampled() -> None:
    out = resample(tone(24000, 0.5), 24000, 16000)
    expected = tone(16000, 0.5)
    assert out.size == expected.size
    assert np.abs(out[2000:6000].astype(int) - expected[2000:6000].astype(int)).max() < 100


def test_loud_sound_is_clipped_and_never_wraps_around() -> None:
    square = np.where(np.arange(1600) // 20 % 2, 32767, -32768).astype(np.int16)
    out = Resampler(16000, 8000).feed(square)
    # The middle of every half-wave is 10 samples from the next: the filter's overshoot must not change its sign.
    plateaus = out[105:705:10].astype(int)
    assert np.abs(plateaus).min() > 25000
    assert (np.sign(plateaus[1:]) == -np.sign(plateaus[:-1])).all()
