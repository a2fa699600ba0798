"""Embedded Postgres and Valkey (which speaks Redis' protocol): binaries found, started, watched and stopped by us."""
