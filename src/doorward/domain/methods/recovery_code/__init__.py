"""Recovery codes: ten that are written down, each of which stands in for a lost second factor once.

codes: how they look and are stored. prove: at sign-in, and making them there. regenerate: making them as somebody who is
signed in, and counting them.
"""
