"""The audit log: reading what happened. Writing is the outbox's part."""
