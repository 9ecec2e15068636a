"""The command line: noun, then verb, over the same functions as every other surface.

program: the list of commands, each imported only when it is asked for. lazy: how. run: how a command reaches the domain.
show: how it prints. ask: what it asks the person. arguments: how it reads values. failures: what it says when it cannot.
One file for each noun: user, session, role, key, audit, password, config. One for each verb of the installation: serve,
worker, migrate, backup, restore, after_restore, check (with deployment), doctor, health, openapi, setup_link, version.
"""
