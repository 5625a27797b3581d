"""Calls and messages to a list of people, in their own daytime."""
