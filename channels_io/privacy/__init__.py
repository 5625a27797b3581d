"""What is hidden, and for how long things are kept: `rules` (data), `masking` (pure), `words` (of the record), `keeping`."""
