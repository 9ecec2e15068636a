"""Users: accounts, their names and addresses, and what state they are in.

create, find, list, update, suspend, delete, emails, grant: one verb each. gate: whether an account may be used.
profile, rules: what may be said of a user. tables, store, views, events, problems, permissions, settings, feature: roles.
"""
