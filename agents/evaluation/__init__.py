"""How well a flow is walked: scripts of what callers say, what should come of it, and the score."""
