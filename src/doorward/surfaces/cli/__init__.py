"""The command line: noun, then verb, over the same functions as every other surface.

program: all commands, each imported only when it is run. run: how a command reaches the domain. show: how it prints.
"""
