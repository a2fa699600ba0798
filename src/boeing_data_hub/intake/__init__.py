"""Stage 1: a request becomes a batch and its items."""
