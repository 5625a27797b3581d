from __future__ import annotations

from channels_io.messaging.template_text import filled, numbered, places_in


def test_places_in_their_order() -> None:
    assert places_in("Hi {{2}}, at {{1}} or {{ 10 }} and again {{2}}") == ("1", "2", "10")
    assert places_in("Hi {{name}}, your {{ order_id }} of {{name}}") == ("name", "order_id")
    assert places_in("nothing {here} {{}} {{a b}}") == ()


def test_numbered_through() -> None:
    assert numbered("Hi {{name}}, {{order}} for {{name}}", 3) == "Hi {{3}}, {{4}} for {{3}}"
    assert numbered("At {{2}} on {{1}}") == "At {{2}} on {{1}}"


def test_filled_leaves_what_has_no_value() -> None:
    assert filled("Hi {{1}}, at {{2}}", ["Ann"]) == "Hi Ann, at {{2}}"
    assert filled("{{1}}{{11}}", [str(n) for n in range(1, 12)]) == "111"


def test_a_value_is_not_read_as_a_template() -> None:
    assert filled("{{1}} and {{2}}", ["{{2}}", "b"]) == "{{2}} and b"
