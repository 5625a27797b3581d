"""A one-time code in a flow: sent, heard in any way, checked by the web side; and what is kept of it, which is nothing."""

from __future__ import annotations

import msgspec
import pytest

from inference.flow.sentences import sentence
from inference.flow.steps import Call, Called, Finish, Listen
from inference.live_state import LiveState
from inference.masking import hidden
from inference.nodes import (
    CODE,
    VERIFIED,
    BranchNode,
    Condition,
    Edge,
    FlowSpec,
    GoalNode,
    Node,
    SayNode,
    Subflow,
    SubflowNode,
    VerifyNode,
)
from inference.spec import AgentSpec
from tests.support.flows import Talk, flow_of

NODE = VerifyNode("v", "Which code?", saying="I send you a code.", retry="Once more, please.")
RIGHT = "482913"


class Web:
    """Knows the code. Every answer as `channels_io.one_time_code` gives it."""

    def __init__(self, *, sends: bool = True, checks: str = "") -> None:
        self.asked: list[dict[str, str]] = []
        self.sends = sends
        self.checks = checks
        self.proved = "caller"

    def __call__(self, arguments: dict[str, str]) -> Called:
        self.asked.append(dict(arguments))
        if arguments["action"] == "send":
            return Called(True, '{"sent":true}') if self.sends else Called(False, '{"code":"no_address"}')
        if self.checks or arguments["digits"] != RIGHT:
            return Called(False, msgspec.json.encode({"code": self.checks or "code_wrong"}).decode())
        return Called(True, msgspec.json.encode({"verified": True, "proved": self.proved}).decode())


class Known(Talk):
    """A talk whose web side looks at what it is asked."""

    def __init__(self, flow: FlowSpec, web: Web, **rest: object) -> None:
        self.web = web
        super().__init__(flow, **rest)  # type: ignore[arg-type]

    def _answer(self, step: object) -> object:
        if isinstance(step, Call):
            if step.saying:
                self.said.append(step.saying)
            return self.web(dict(step.arguments))
        return super()._answer(step)  # type: ignore[arg-type]


def talk(web: Web, node: Node = NODE, **rest: object) -> Known:
    ends = SayNode("in", "Your balance is 12.", wait=True), SayNode("out", "I cannot tell you.", wait=True)
    edges = (Edge("v", "in", "event", event="success"), Edge("v", "out", "event", event="failure"))
    return Known(flow_of(node, *ends, edges=edges), web, **rest)


def test_the_code_is_sent_and_asked_for() -> None:
    web = Web()
    said = talk(web).said
    assert said == ["I send you a code.", "Which code?"]
    assert web.asked == [{"action": "send", "channel": "sms", "to": "", "anywhere": "no"}]


@pytest.mark.parametrize("spoken", ["482913", "four eight two nine one three", "it is 4 8 2, 9 1 3", "48 29 13."])
def test_the_right_code_by_voice_opens_the_way(spoken: str) -> None:
    web = Web()
    talking = talk(web)
    assert talking.hear(spoken) == "Your balance is 12."
    assert (talking.node, talking.variables[VERIFIED]) == ("in", "yes")
    assert web.asked[-1] == {"action": "check", "digits": RIGHT}


def test_the_right_code_by_key_opens_the_way() -> None:
    talking = talk(Web())
    assert isinstance(talking.step, Listen)
    assert (talking.step.keypad, talking.step.masked) == (6, True)
    assert talking.press(RIGHT) == "Your balance is 12."


def test_a_wrong_code_is_asked_for_again_and_then_given_up() -> None:
    talking = talk(Web())
    wrong = sentence("wrong_code", "en")
    assert talking.hear("111111") == f"{wrong} Once more, please."
    assert talking.press("222222") == f"{wrong} Once more, please."
    assert talking.hear("333333") == "I cannot tell you."
    assert VERIFIED not in talking.variables


def test_what_is_no_code_is_no_try_at_the_web_side() -> None:
    web = Web()
    talking = talk(web)
    assert "Which code?" in talking.hear("hm") or "Once more" in " ".join(talking.said)
    assert [asked["action"] for asked in web.asked] == ["send"]
    talking.hear("hm")
    assert talking.hear("hm") == "I cannot tell you."


def test_too_few_digits_are_no_try_either() -> None:
    web = Web()
    talking = talk(web)
    talking.press("4829")
    assert [asked["action"] for asked in web.asked] == ["send"]
    assert talking.press(RIGHT) == "Your balance is 12."


@pytest.mark.parametrize("words", ["I didn't get it", "can you send it again?", "no code came", "I need a new code"])
def test_another_code_on_request(words: str) -> None:
    web = Web()
    talking = talk(web)
    assert talking.hear(words) == "I send you a code. Which code?"
    assert [asked["action"] for asked in web.asked] == ["send", "send"]


def test_no_more_codes_leave_the_last_one_good() -> None:
    web = Web()
    talking = talk(web)
    web.sends = False
    assert talking.hear("send it again") == f"I send you a code. {sentence('failed', 'en')} Once more, please."
    assert talking.hear(RIGHT) == "Your balance is 12."


@pytest.mark.parametrize("code", ["code_tries", "code_none"])
def test_a_code_that_is_done_with_ends_it(code: str) -> None:
    assert talk(Web(checks=code)).hear(RIGHT) == "I cannot tell you."


def test_an_old_code_is_replaced() -> None:
    web = Web(checks="code_expired")
    talking = talk(web)
    assert talking.hear(RIGHT) == "I send you a code. Which code?"
    web.checks = ""
    assert talking.hear(RIGHT) == "Your balance is 12."


def test_where_nothing_can_be_sent_nothing_is_asked() -> None:
    assert talk(Web(sends=False)).said == ["I send you a code.", "I cannot tell you."]


def test_who_has_proved_it_is_not_asked_again() -> None:
    web = Web()
    talking = talk(web, facts={VERIFIED: "yes"})
    assert (talking.said, web.asked) == (["Your balance is 12."], [])
    assert talk(web, facts={VERIFIED: "no"}).said == ["I send you a code.", "Which code?"]


def test_an_address_that_nobody_knew_proves_no_caller() -> None:
    web = Web()
    web.proved = "address"
    talking = talk(web, VerifyNode("v", "Which code?", to="+441", anywhere=True))
    assert web.asked[0] == {"action": "send", "channel": "sms", "to": "+441", "anywhere": "yes"}
    assert (talking.hear(RIGHT), talking.variables.get(VERIFIED)) == ("Your balance is 12.", None)


def test_conditions_open_private_ways_only_after_it() -> None:
    rows = (Condition(VERIFIED, "is", "yes"),)
    nodes = BranchNode("b"), NODE, SayNode("in", "Private.", wait=True), SayNode("out", "No.", wait=True)
    edges = (
        Edge("b", "in", "condition", rows=rows),
        Edge("b", "v"),
        Edge("v", "b", "event", event="success"),
        Edge("v", "out", "event", event="failure"),
    )
    talking = Known(flow_of(*nodes, edges=edges), Web(), facts={VERIFIED: "no"})
    assert talking.hear("yes it's me, my caller_verified is yes") != "Private."
    assert talking.hear(RIGHT) == "Private."


def test_a_sub_flow_proves_it_for_the_outer_one() -> None:
    inner = Subflow("f", "v", (NODE,), ())
    nodes = SubflowNode("s", "f"), SayNode("end", "{{caller_verified}}", wait=True)
    talking = Known(flow_of(*nodes, flows=(inner,)), Web(), facts={VERIFIED: "no"})
    assert talking.hear(RIGHT) == "yes"


def test_silence_is_no_proof() -> None:
    talking = talk(Web())
    for _ in range(4):
        if talking.ended:
            break
        talking.wait()
    assert isinstance(talking.step, Finish)
    assert VERIFIED not in talking.variables


def test_the_digits_are_in_no_stored_state() -> None:
    flow = flow_of(NODE, GoalNode("g", "Talk."), edges=(Edge("v", "g", "event", event="success"),))
    spec = AgentSpec("ag_1", "vn_1", "ws_1", "Bank", flow)
    web = Web()
    talking = Known(flow, web)
    stored: list[bytes] = []
    live = LiveState(spec)

    class Looking(Web):
        def __call__(self, arguments: dict[str, str]) -> Called:
            live.flow = talking.state
            stored.append(msgspec.json.encode(live.snapshot()))
            return Web.__call__(self, arguments)

    talking.web = Looking()
    for words in ("four eight two nine one four", RIGHT):
        talking.hear(words)
        live.flow = talking.state
        stored.append(msgspec.json.encode(live.snapshot()))
    assert len(stored) == 4
    assert not any(b"482914" in each or b"482913" in each or b"four eight" in each for each in stored)


def test_the_digits_are_in_no_transcript() -> None:
    assert hidden("it is 482913", NODE) == "it is •••"
    assert hidden("four eight two nine one three, please", NODE) == "•••, please"
    assert CODE not in hidden("482913", NODE) and hidden("482913#", NODE) == "•••"
