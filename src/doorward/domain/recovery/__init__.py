"""Forgotten passwords: ask for a mail, and choose a new password by its link or code.

ask: begin. begin: the same for somebody else, by administrators. reset: the new password. claim: an account that somebody else made with one's address becomes one's own.
settings, events, problems, feature: roles.
"""
