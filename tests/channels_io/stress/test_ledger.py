from __future__ import annotations

from channels_io.stress.ledger import Figures, Got, Outages, Sent, judge, render
from channels_io.stress.plan import plan, sender_of

A, B = sender_of(0), sender_of(1)


def sent(token: str, at: float, acked: float | None = -1.0, sender: str = A) -> Sent:
    return Sent(f"SM{token}", sender, token, at, at + 0.1 if acked == -1.0 else acked)


def got(*texts: str) -> list[Got]:
    return [Got(A, text, float(place)) for place, text in enumerate(texts)]


def figures(messages: list[Sent], replies: list[Got], **more: object) -> Figures:
    facts = {"copies": 0, "stored": [message.key for message in messages], "conversations": 1, **more}
    return judge(messages, replies, [1.0, 2.0, 900.0], **facts)  # type: ignore[arg-type]


ONE, TWO, THREE = "p0000m00001", "p0000m00002", "p0000m00003"


def test_all_is_well() -> None:
    result = figures([sent(ONE, 0), sent(TWO, 1), sent(THREE, 2)], got(f"You said {ONE}\n{TWO}", f"You said {THREE}"))
    assert result.kept
    assert (result.sent, result.replies, result.people, result.ack_worst_ms) == (3, 2, 1, 900.0)
    assert "lost             0" in render(result, 3.0, ["a fault"])


def test_each_fault_is_seen() -> None:
    messages = [sent(ONE, 0), sent(TWO, 1), sent(THREE, 2)]
    assert figures(messages, got(ONE, THREE)).lost == (TWO,)
    assert figures(messages, got(ONE, TWO, f"{THREE} {ONE}")).double == (ONE,)
    assert figures(messages, got(TWO, ONE, THREE)).disordered == ((ONE, TWO),)
    assert figures(messages, got(f"{TWO}\n{ONE}", THREE)).disordered == ((ONE, TWO),)
    assert figures(messages, got(ONE, TWO, THREE), stored=[f"SM{ONE}", f"SM{TWO}"]).acked_unstored == (THREE,)
    assert not figures(messages, got(ONE, TWO, THREE), conversations=2).kept
    text = render(figures(messages, got(TWO, ONE, ONE)), 1.0, [])
    assert f"lost: {THREE}" in text
    assert f"double: {ONE}" in text
    assert f"{ONE} after {TWO}" in text


def test_messages_on_their_way_at_the_same_time_have_no_order() -> None:
    """The second left before the first was acknowledged: nobody can know which came first."""
    messages = [sent(ONE, 0.0, 5.0), sent(TWO, 1.0, 1.1)]
    assert figures(messages, got(TWO, ONE)).kept


def test_a_message_that_was_never_acknowledged_may_be_late_but_not_lost() -> None:
    messages = [sent(ONE, 0.0, None), sent(TWO, 1.0)]
    result = figures(messages, got(TWO, ONE), stored=[f"SM{ONE}", f"SM{TWO}"])
    assert result.kept
    assert result.refused == 1
    assert figures(messages, got(TWO)).lost == (ONE,)


def test_other_peoples_messages_have_no_order_among_each_other() -> None:
    other = "p0001m00001"
    assert not figures([sent(ONE, 0), sent(other, 9, sender=B)], got(other, ONE), conversations=2).disordered


def test_outages() -> None:
    outages = Outages([(10.0, 20.0)])
    assert outages.holds(19.0, 30.0)
    assert outages.holds(5.0, 11.0)
    assert not outages.holds(1.0, 9.0)
    assert not outages.holds(20.5, 21.0)


def test_a_plan_is_the_same_again_and_its_tokens_differ() -> None:
    planned = plan(500, 20, rate=25.0)
    assert planned == plan(500, 20, rate=25.0)
    assert len({message.words for message in planned}) == 500
    assert len({message.sender for message in planned}) == 20
    assert [message.at for message in planned] == sorted(message.at for message in planned)
    assert 10 < planned[-1].at < 40
    assert len({sender_of(number) for number in range(2_000)}) == 2_000
