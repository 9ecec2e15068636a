"""SQLite and PostgreSQL behind one small interface.

base: portable column types and constraint names. statement: a query written once, compiled once per database.
dialect: what differs between the databases. sqlite, postgres: the two drivers. conflicts: a broken constraint becomes
the problem it stands for. unit_of_work: the transaction a use case runs in. replica: reads that may lag. examine: how a
database is doing. settings, problems, connect: as they say.
"""
