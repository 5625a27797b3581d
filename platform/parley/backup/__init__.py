"""What is copied away and brought back: the database, the recordings and, where asked for, the keys."""
