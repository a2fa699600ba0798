"""Embedded Postgres and Redis: binaries found, started, watched and stopped by us."""
