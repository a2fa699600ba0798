"""The command `bdh`: what an operator does, from a terminal. Thin: it calls the HTTP API or the hub."""
