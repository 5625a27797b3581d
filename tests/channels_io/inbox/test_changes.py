from __future__ import annotations

import json

from channels_io.inbox.changes import MOST, Changes


def hint(conversation: str, *what: str, kind: str = "changed") -> bytes:
    return json.dumps({"type": kind, "conversation": conversation, "what": list(what)}).encode()


def test_a_conversation_is_told_once_with_all_that_changed() -> None:
    changes = Changes()
    for payload in (hint("cv_a", "words"), hint("cv_b", "tags"), hint("cv_a", "words", "live")):
        changes.add(payload)
    assert changes
    assert changes.take() == [
        {"type": "changed", "conversation": "cv_a", "what": ["words", "live"]},
        {"type": "changed", "conversation": "cv_b", "what": ["tags"]},
    ]
    assert not changes
    assert changes.take() == []


def test_too_many_become_one_word() -> None:
    changes = Changes()
    for number in range(MOST + 5):
        changes.add(hint(f"cv_{number}", "words"))
    assert changes.take() == [{"type": "resync"}]
    changes.add(hint("cv_a", "words"))
    assert [each["type"] for each in changes.take()] == ["changed"]


def test_what_cannot_be_read_is_passed_over() -> None:
    changes = Changes()
    for payload in (b"", b"\xff", b"[]", b'{"type": 4}', hint("cv_a", kind="other")):
        changes.add(payload)
    assert not changes
