"""Backups of an SQLite database: copied while it is in use, sealed, proven by a test restore, and put back in one step.

envelope: the form of the file. keys: what opens it. snapshot: copying and checking a database. scratch: where an unsealed
copy stands meanwhile. make, unpack, replace: the steps, in their order. watching: who is told how far it
is. problems: what can go wrong. settings: the passphrase.
"""
