"""The one door to the store: documents, one call at a time within the shared budget, and what its failures mean."""
