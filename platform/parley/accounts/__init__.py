"""People, workspaces, roles, API keys and the audit trail."""
