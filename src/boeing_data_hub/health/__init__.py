"""Whether all is well: doctor, notifications, metrics, overview, and keeping the database tidy."""
