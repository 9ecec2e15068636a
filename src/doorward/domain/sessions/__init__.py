"""Sessions: that somebody signed in, from which device, and until when.

start: a new one. refresh: rotate the refresh token of one. end: end one or all of a user. list: what a user sees.
device: naming a device. limits: how long sessions live. purge: forgetting ended ones.
"""
