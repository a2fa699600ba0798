"""`bdh doctor`: what is looked at, side by side. What the facts mean is judged in `reporting/checkup/`."""
