"""Sealed: what the database holds that only the secrets of the installation open.

reseal: seals what lasts with the first secret, so that an earlier one can be taken away. count: what each secret still opens.
"""
