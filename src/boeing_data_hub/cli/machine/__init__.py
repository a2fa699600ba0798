"""All processes of one machine, as `bdh up` runs them: started, watched, restarted, and stopped together."""
