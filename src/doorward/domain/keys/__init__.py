"""Signing keys: sealed in the database, rotated with overlap.

ring: the keys in memory of one process. rotate: make the next one sign. list: what there is. tables, store: where.
"""
