"""The one door to Boeing: three calls, their tokens, and what their failures mean."""
