"""One conversation of each template with the real default model. All of them: `manage.py evalflows`."""

from __future__ import annotations

import pytest

from agents.evaluation.run import run_scene, template_spec
from agents.evaluation.score import Scored
from agents.evaluation.script import scripts
from inference import catalogue
from inference.rehearsal import Hall
from tests.inference.engines.conftest import weights

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]

SCENES = {
    "dental_booking": "Questions in between, and a person",
    "restaurant_reservation": "A question, a change, a message",
    "order_status": "Not found, then a person",
    "lead_qualification": "A tenant gets the brochure",
    "faq_handoff": "A fine that is wrong",
}
"""The short ones: together they pass every kind of node that asks the model."""


async def test_a_conversation_with_each_template() -> None:
    weights(catalogue.resolve("chat", "default").name)
    found: list[Scored] = []
    async with Hall.open("default") as hall:
        for key, name in SCENES.items():
            [scene] = [scene for scene in scripts()[key].conversations if scene.name == name]
            found += await run_scene(hall, key, template_spec(key), scene)
    missed = [f"{each.said} → {each.reached}, {each.wrong}" for each in found if not each.routed or each.wrong]
    assert len(missed) <= len(found) // 10, missed
