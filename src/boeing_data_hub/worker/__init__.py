"""Celery: what runs in the background. A message says only "there is work of this kind"."""
