"""Several workers: which one a conversation goes to, what is kept for whom, how many there should be."""
