from __future__ import annotations

from agents.admin.agent import AgentAdmin, VersionAdmin

__all__ = ["AgentAdmin", "VersionAdmin"]
