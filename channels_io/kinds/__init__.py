"""One folder for every channel kind. Kinds do not import each other."""
