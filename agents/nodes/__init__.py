"""Node kinds of a flow: one file each, listed in `registry`."""
