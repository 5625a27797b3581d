"""Live legs: socket, session, pacing, record. Imports no kind."""
