"""Leaf helpers. Nothing here imports an app."""
