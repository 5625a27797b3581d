"""Everything of Parley on one machine, under one supervisor: what `make run` and `make demo` start."""
