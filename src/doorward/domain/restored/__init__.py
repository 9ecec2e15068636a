"""Restored: what has to happen to a database that was put back from a backup, before anybody may use it.

make_safe: ends what had ended after the backup was made and would live again, and leaves the trace of it.
"""
