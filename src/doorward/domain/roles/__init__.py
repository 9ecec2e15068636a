"""Roles: named sets of permissions. Three are built in; more are made at run time.

tables, store: where they stand. rules: the built-in ones. manage: make, change, remove, list. holders: who holds which.
"""
