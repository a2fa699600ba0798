"""The one door to Postgres. Only `work.py` commits."""
