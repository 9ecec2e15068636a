"""What stands against guessing and abuse.

challenges: work or a CAPTCHA before sign-up and recovery, where the operator wants it.
failures: wrong proofs are counted, slowed down and locked out, alike for accounts that exist and that do not.
"""
