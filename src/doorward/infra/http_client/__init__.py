"""The one client for calls to other servers: with limits on time and size, without redirects, not to private addresses.

client: sends requests. network: which addresses may be reached. settings, problems: roles.
"""
