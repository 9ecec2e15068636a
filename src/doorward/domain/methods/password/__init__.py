"""Proving who you are by a password.

rules: which passwords may be chosen. strength: how hard one is to guess. common_passwords: what the estimate misses.
settings: the section `password`.
"""
