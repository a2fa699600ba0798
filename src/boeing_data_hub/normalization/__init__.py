"""Stage 3: raw answers become staged products."""
