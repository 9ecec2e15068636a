"""Codes of an authenticator app (RFC 6238) as a second factor.

one_time_password: the arithmetic. stored: what a credential holds. prove: at sign-in, and setting one up there.
enroll: setting one up as somebody who is signed in. picture: the secret to be scanned.
"""
