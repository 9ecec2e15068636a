"""Cryptography behind a few narrow functions, so that no other part of Doorward chooses an algorithm.

hashing: passwords. sealing: encryption at rest and derived keys. tokens: self-made values bound to one purpose.
signing: JSON Web Signatures and their keys.
"""
