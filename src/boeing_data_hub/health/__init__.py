"""The health of the system: doctor, notifications, metrics, overview, and database clean-up."""
