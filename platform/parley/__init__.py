"""The platform: settings and assembly, workspaces and their people, the embedded servers."""
