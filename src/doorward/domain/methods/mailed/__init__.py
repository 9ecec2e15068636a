"""What rests on a mailbox: the one mechanism behind every code and link that goes out by mail to show who reads it.

ask: make a value and queue its mail; write that mail. answer: what the code or link opens, and how tries are counted.
method: a way to sign in made of both. settings: of such a way.
"""
