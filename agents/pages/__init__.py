"""The builder's pages: they read the request, call an action or a read, and render."""
