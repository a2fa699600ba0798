"""Stage 6: requests become quotes, from the store, else from what Boeing answers, else none."""
