"""Passwords as a way to prove who you are.

prove: checking one at sign-in. choose: setting and changing one. rules, strength, common_passwords: what may be chosen.
"""
