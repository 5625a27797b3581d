"""Which inference workers there are, what they say of themselves, and what is kept for whom. Shared over Valkey."""
