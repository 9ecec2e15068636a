"""Passkeys (WebAuthn level 3): sign-in without identifier or password, as a second factor, and accounts made with one.

relying_party: who we are to authenticators. options: what browsers are asked. ceremony: checks their answers, the only file
that knows the library. stored: what is kept of a passkey. prove: the method of signing in. enroll: add one to an account.
"""
