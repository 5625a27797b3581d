"""What binds a reply, in vLLM's words. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from inference.engines.base import ChatOptions
from inference.errors import EngineError

_RULE = re.compile(r'\s*root\s*::=\s*("(?:[^"\\]|\\.)*"(?:\s*\|\s*"(?:[^"\\]|\\.)*")*)\s*')
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


def structure(options: ChatOptions) -> dict[str, Any]:
    """The one field of vLLM's StructuredOutputsParams that the options ask for; empty when nothing binds.

    A grammar that only lists what may be said is a choice, which needs no grammar compiler. Any other is passed
    on as it is: vLLM reads the same notation. Raises EngineError (`options`) for a schema that is not JSON.
    """
    if options.json_schema:
        try:
            return {"json": json.loads(options.json_schema)}
        except ValueError as error:
            raise EngineError(f"The JSON schema is not JSON: {error}", code="options") from error
    if options.grammar:
        choices = listed(options.grammar)
        return {"choice": choices} if choices else {"grammar": options.grammar}
    return {}


def listed(grammar: str) -> list[str]:
    """What a grammar of nothing but alternatives allows; empty for any other grammar."""
    rule = _RULE.fullmatch(grammar)
    if rule is None:
        return []
    try:
        return [json.loads(literal) for literal in _LITERAL.findall(rule[1])]
    except ValueError:  # an escape that JSON does not know
        return []
