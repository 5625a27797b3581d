"""The worker on Ray Serve: docs/deployment.md, "Ray"."""
