"""The audit log: reading what happened, and forgetting strangers. Writing is the outbox's part.

list: the log in pages. purge: what it says of persons without an account goes by time. settings, views, feature: roles.
"""
