"""Stored password hashes as other products write them: each file reads one family and checks a password against it.

Every `parse` takes the stored text and answers None for what is malformed or would cost more than `limits` allows.
"""
