"""What stands against guessing and abuse.

failures: wrong proofs are counted, slowed down and locked out, alike for accounts that exist and that do not.
"""
