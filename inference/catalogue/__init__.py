"""The weights catalogue: which models there are, where their files come from, how they are proven.

`models.toml` is the data. `resolve(role, profile)` says which model serves a role, `ensure(model)`
gives its path on this machine and pulls it first when it is missing. `python -m inference.catalogue
pull|list|verify` is the same for people, and needs nothing but the installed package.
"""

from __future__ import annotations

from inference.catalogue.cli import main
from inference.catalogue.entries import Model, Resolved, WeightFile, models, profile, profiles, resolve, roles
from inference.catalogue.fetch import Progress, ProgressCallback
from inference.catalogue.store import Status, ensure, status, verify, weights_root

__all__ = [
    "Model",
    "Progress",
    "ProgressCallback",
    "Resolved",
    "Status",
    "WeightFile",
    "ensure",
    "main",
    "models",
    "profile",
    "profiles",
    "resolve",
    "roles",
    "status",
    "verify",
    "weights_root",
]
