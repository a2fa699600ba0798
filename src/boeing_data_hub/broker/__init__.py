"""Redis, which carries wake-ups: its address, Celery's connection, and the meaning of its errors."""
