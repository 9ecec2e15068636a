"""Sends mail, by one of several transports behind one port.

mail: a message and what a transport promises. compose: the message as it goes over the wire. smtp, file, console: the
transports. choose: which of them the settings ask for.
"""
