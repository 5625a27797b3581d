"""Message conservation under faults: `manage.py stressmessages`. What the carrier's simulator sent and got is the only judge."""
