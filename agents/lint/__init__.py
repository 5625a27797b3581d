"""What is wrong with a flow, node by node and as a whole. Pure."""

from __future__ import annotations

from agents.lint.flow import flow_problems

__all__ = ["flow_problems"]
