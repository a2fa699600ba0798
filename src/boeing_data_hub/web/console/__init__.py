"""The operator's console: server-rendered pages that work without JavaScript and update live with it."""
