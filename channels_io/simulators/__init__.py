"""People and providers played by programs: they talk to a running system over its real wire."""
