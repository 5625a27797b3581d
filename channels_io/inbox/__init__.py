"""The inbox's live line: hints about what changed, to the pages that show it.

`door.py` who may open one and keep it, `changes.py` what waits to be told, `socket.py` the WebSocket `ws/inbox/`.
The list itself: `channels_io.reads.inbox` and `channels_io.pages.inbox`.
"""
