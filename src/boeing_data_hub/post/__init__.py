"""The doors to people's own receivers: a webhook, a mail server. They carry messages and think nothing."""
