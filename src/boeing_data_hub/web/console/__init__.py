"""The operator's console: server-rendered pages that read well without JavaScript, and move by themselves with it."""
