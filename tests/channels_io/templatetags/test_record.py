from __future__ import annotations

import pytest

from channels_io.templatetags.record import linked


def link(address: str) -> str:
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">{address}</a>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See us (https://x.com/a_b).", f"See us ({link('https://x.com/a_b')})."),
        ("https://x.org/Foo_(bar), then", f"{link('https://x.org/Foo_(bar)')}, then"),
        ("(http://y.org/?a=1&b=2)!", f"({link('http://y.org/?a=1&amp;b=2')})!"),
        ("<b> javascript:alert(1) x.com https://", "&lt;b&gt; javascript:alert(1) x.com https://"),
        ('https://z.com"onclick=x', f"{link('https://z.com')}&quot;onclick=x"),
        ("", ""),
    ],
)
def test_addresses_become_links_and_nothing_else_becomes_markup(text: str, shown: str) -> None:
    assert linked(text) == shown
