"""Product images: fetched under guards, made anew from their pixels, stored under their own hash."""
