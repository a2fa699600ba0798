"""Stand-ins that speak the real wire formats, and embedded Postgres and Valkey, for demo, tests and development."""
