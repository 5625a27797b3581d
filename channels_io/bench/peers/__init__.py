"""The comparison of `make bench-peers`: the same caller speaks to a peer's pipeline and to Parley, in turns."""
