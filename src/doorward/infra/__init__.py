"""Every kind of input and output, without any knowledge of users or sign-in.

database: statements, drivers, transactions. outbox: events and jobs. crypto: hashing, sealing, signing.
telemetry: logs and counters. tools: what a transaction can reach.
"""
