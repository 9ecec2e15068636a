"""Invitations: an administrator asks somebody by mail to make an account, with its roles.

invite, list, revoke: by administrators. accept: while signing up. purge: a job. tables, store, settings, events, views,
problems, feature: roles.
"""
