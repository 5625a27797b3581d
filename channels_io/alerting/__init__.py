"""Rules that tell somebody when a figure leaves its bounds: `metrics` (what can be watched), `watch` (looks every minute)."""
