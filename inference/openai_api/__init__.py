"""The worker's OpenAI dialect: chat completions, speech, transcriptions, models.

So anything that talks to OpenAI can use this worker, and Parley's worker can stand behind another
Parley. Streaming is real: the first bytes leave when the engine gives them, and when the client
hangs up, compute stops.
"""

from __future__ import annotations

from inference.openai_api.routes import routes

__all__ = ["routes"]
