"""Speed and memory, measured on the whole system and printed; nothing here is asserted."""
