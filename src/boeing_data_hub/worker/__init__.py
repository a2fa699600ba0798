"""Celery, which runs the background work. Messages carry no data: they only say that a stage has work."""
