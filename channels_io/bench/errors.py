from __future__ import annotations


class MeasureError(Exception):
    """The measurement could not be made; the message says what to do."""
