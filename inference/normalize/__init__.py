"""Written text → text that a voice can say. Pure functions; `inference.text` is the way in."""
