"""Is everything there that the hub needs? Facts come from the edges and are judged here, a file for each subject."""
