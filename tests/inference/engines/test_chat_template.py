"""Chat templates as their makers wrote them, and as nobody should have written them."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from inference.engines.chat_template import ChatTemplate
from inference.engines.ik_library import Weights, runs_here
from inference.engines.llama_prompt import PROBE, chat_lines, chat_tools, keeps_system_in_place
from inference.errors import EngineError, EngineNotReady
from inference.events import Message
from inference.nodes import ToolSpec

from .conftest import weights

LINES = [
    {"role": "system", "content": "You are Ava."},
    {"role": "user", "content": "Hello"},
]
HOURS = ToolSpec("get_hours", "Opening hours", '{"type":"object","properties":{"day":{"type":"string"}}}')
CALLED = [
    *LINES,
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "get_hours", "arguments": '{"day": "Saturday"}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "name": "get_hours", "content": '{"open": "9 am"}'},
]


def test_a_model_without_a_template_gets_chatml() -> None:
    template = ChatTemplate("")
    prompt = "<|im_start|>system\nYou are Ava.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"
    assert template.render(LINES, answer=False) == prompt
    assert template.render(LINES) == f"{prompt}<|im_start|>assistant\n"


def test_the_models_own_tokens_the_loop_controls_and_the_day_are_there() -> None:
    source = """\
{{ bos_token }}
{%- for message in messages %}
    {%- if loop.index > 1 %}{% break %}{% endif %}
    {{- message.role }}:{{ message['content'] }}
{%- endfor %}
{{- eos_token }} {{ strftime_now('%Y') }}"""
    prompt = ChatTemplate(source, begin="<s>", end="</s>").render(LINES)
    assert re.fullmatch(r"<s>system:You are Ava\.</s> \d{4}", prompt)


def test_the_beginning_ends_with_the_last_lines_words() -> None:
    template = ChatTemplate("")
    beginning = template.beginning([*LINES[:1], {"role": "user", "content": "I would like "}])
    assert beginning.endswith("<|im_start|>user\nI would like")
    longer = template.render([*LINES[:1], {"role": "user", "content": "I would like to come"}])
    assert longer.startswith(beginning)


def test_the_beginning_of_a_line_without_words_is_the_whole_prompt() -> None:
    template = ChatTemplate("")
    lines = [*LINES, {"role": "assistant", "content": ""}]
    assert template.beginning(lines) == template.render(lines, answer=False)
    assert template.beginning([]) == ""


def test_the_beginning_survives_a_template_that_changes_the_words() -> None:
    template = ChatTemplate("{% for message in messages %}{{ message.content | upper }};{% endfor %}")
    assert template.beginning(LINES) == "YOU ARE AVA.;HELLO;"


def test_tools_are_told_as_json_without_escapes() -> None:
    template = ChatTemplate("{% for tool in tools %}{{ tool | tojson }}{% endfor %}")
    tool: dict[str, Any] = {"name": "preis", "description": "<b>Für & wider</b>"}
    assert template.render(LINES, [tool]) == json.dumps(tool, ensure_ascii=False)
    assert ChatTemplate("{{ tools is none }}").render(LINES) == "True"


def test_json_takes_what_templates_give_it() -> None:
    template = ChatTemplate(
        "{{ {'b': 'é', 'a': 1} | tojson(ensure_ascii=True, sort_keys=True, separators=(',', ':')) }}"
    )
    assert template.render(LINES) == '{"a":1,"b":"\\u00e9"}'
    assert ChatTemplate("{{ [1] | tojson(indent=2) }}").render(LINES) == "[\n  1\n]"


@pytest.mark.parametrize(
    ("arguments", "seen"), [('{"day": "Saturday"}', '{"day": "Saturday"}'), ("{", "{}"), ("3", "{}")]
)
def test_a_calls_arguments_reach_the_template_as_an_object(arguments: str, seen: str) -> None:
    source = "{% for message in messages %}{% for call in message.tool_calls or [] %}"
    source += "{{ call.function.name }} {{ call.function.arguments | tojson }}{% endfor %}{% endfor %}"
    call = {"id": "c1", "type": "function", "function": {"name": "get_hours", "arguments": arguments}}
    line = {"role": "assistant", "content": "", "tool_calls": [call]}
    assert ChatTemplate(source).render([*LINES, line]) == f"get_hours {seen}"
    assert line["tool_calls"] == [call]
    assert call["function"] == {"name": "get_hours", "arguments": arguments}


def test_a_template_that_refuses_says_why() -> None:
    template = ChatTemplate("{{ raise_exception('Roles must alternate') }}")
    with pytest.raises(EngineError, match="does not take this conversation: Roles must alternate") as refused:
        template.render(LINES)
    assert refused.value.code == "options"


def test_a_template_that_cannot_be_read_is_told_when_it_is_made() -> None:
    with pytest.raises(EngineNotReady, match="template cannot be read"):
        ChatTemplate("{% for message in %}")


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.__class__.__base__.__subclasses__() }}",
        "{{ raise_exception.__globals__['json'] }}",
        "{{ strftime_now.__globals__.__builtins__ }}",
        "{{ (''|attr('__class__')).mro() }}",
        "{{ '{0.__class__.__mro__}'.format('') }}",
        "{{ cycler.__init__.__globals__.os.popen('true').read() }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update(role='x') }}",
        "{% include 'x' %}",
    ],
)
def test_a_template_from_a_stranger_reaches_nothing_of_python(source: str) -> None:
    lines = [dict(line) for line in LINES]
    with pytest.raises(EngineError) as refused:
        ChatTemplate(source).render(lines)
    assert refused.value.code == "options"
    assert lines == LINES


@pytest.mark.parametrize(
    "source", ["{{ 1 // 0 }}", "{{ messages[0].content + 1 }}", "{{ range(10 ** 9) | list }}", "{{ nobody.name }}"]
)
def test_whatever_a_template_raises_ends_the_reply_only(source: str) -> None:
    with pytest.raises(EngineError, match="does not take this conversation"):
        ChatTemplate(source).render(LINES)


@cache
def _source(path: str) -> tuple[str, str, str]:
    weights = Weights(path)
    try:
        return weights.fact("tokenizer.chat_template"), weights.begin, weights.end
    finally:
        weights.close()


def _real(model: str) -> ChatTemplate:
    path = weights(model)
    if not runs_here():
        pytest.skip("ik_llama.cpp does not run on this machine")
    source, begin, end = _source(path)
    assert source
    return ChatTemplate(source, begin=begin, end=end)


@pytest.mark.model
@pytest.mark.parametrize("model", ["smollm2-135m", "qwen2.5-coder-1.5b"])
def test_the_real_templates_write_chatml(model: str) -> None:
    template = _real(model)
    assert template.render(LINES) == ChatTemplate("").render(LINES)
    assert template.render([*LINES[:1], {"role": "user", "content": "Hel"}]).startswith(
        template.beginning([*LINES[:1], {"role": "user", "content": "Hel"}])
    )
    assert "Ava" in template.render(CALLED, chat_tools([HOURS]))


@pytest.mark.model
def test_the_default_models_template_tells_tools_calls_and_answers() -> None:
    template = _real("qwen2.5-coder-1.5b")
    prompt = template.render(CALLED, chat_tools([HOURS]))
    assert '"name": "get_hours", "description": "Opening hours"' in prompt
    assert '<tool_call>\n{"name": "get_hours", "arguments": {"day": "Saturday"}}\n</tool_call>' in prompt
    assert '<tool_response>\n{"open": "9 am"}\n</tool_response>' in prompt
    assert prompt.endswith("<|im_start|>assistant\n")


@pytest.mark.model
@pytest.mark.parametrize("model", ["smollm2-135m", "qwen2.5-coder-1.5b"])
def test_the_real_templates_place_a_later_system_line_where_it_stands(model: str) -> None:
    template = _real(model)
    assert keeps_system_in_place(template.render(chat_lines(PROBE, system_anywhere=True)))
    assert "[probe-delta]" in template.render(chat_lines(PROBE, system_anywhere=False))
    assert template.render(chat_lines([Message("user", "Hello")], system_anywhere=True)).count("Hello") == 1
