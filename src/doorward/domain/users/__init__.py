"""The people who have an account.

rules: what a username and an email address may be. problems: what can go wrong. settings: the section `users`.
"""
