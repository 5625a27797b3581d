"""What `parley.embedded` starts: where the servers are, how each is started and stopped."""
