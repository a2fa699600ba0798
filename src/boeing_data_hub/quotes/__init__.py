"""Quotes: a request becomes lines from the store, else from Boeing, else a no-quote."""
