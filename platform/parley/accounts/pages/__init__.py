from __future__ import annotations

from parley.accounts.pages.guard import workspace_page

__all__ = ["workspace_page"]
