"""Product images: fetched under guards, decoded, stored under their hash, or replaced by the placeholder."""
