"""Credentials: what a user proves themselves with, one table for every method.

keep: store, find, replace and remove them. views: what their owner sees. Their data is sealed, bound to its row.
"""
