"""Stand-ins that speak the real wire formats, and embedded Postgres and Redis, for demo, tests and development."""
