"""The builder: agents, their drafts, and the versions that conversations run."""
