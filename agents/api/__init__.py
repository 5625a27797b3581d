"""The builder over HTTP: /api/v1/agents/. Reads as pages do, writes through the same actions."""
