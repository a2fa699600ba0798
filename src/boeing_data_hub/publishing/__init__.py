"""Stage 4: staged products become listings in the store."""
