"""Passwords that are known from breaches, in one file that is searched where it lies.

write: builds the file from a downloaded list of SHA-1 hashes. read: answers whether a password is in it.
"""
