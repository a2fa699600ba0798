"""Outgoing connections: trusted certificates, proxies, and the faults of both."""
