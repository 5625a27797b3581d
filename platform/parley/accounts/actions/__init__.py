from __future__ import annotations

from parley.accounts.actions.create_operator import create_operator
from parley.accounts.actions.create_workspace import create_workspace
from parley.accounts.actions.edit_workspace import edit_workspace
from parley.accounts.actions.issue_api_key import issue_api_key
from parley.accounts.actions.manage_members import add_member, change_role, remove_member
from parley.accounts.actions.revoke_api_key import revoke_api_key

__all__ = [
    "add_member",
    "change_role",
    "create_operator",
    "create_workspace",
    "edit_workspace",
    "issue_api_key",
    "remove_member",
    "revoke_api_key",
]
