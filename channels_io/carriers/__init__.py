"""Asking carriers about an account: what set-up pages and tests need. Knows no channel kind."""
