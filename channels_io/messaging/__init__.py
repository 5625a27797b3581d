"""Messages over carriers: taken once, answered in order, sent once. Knows no kind: a `Messenger` speaks for each."""
