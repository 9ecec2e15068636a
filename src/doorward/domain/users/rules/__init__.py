"""What may be a username and an email address: pure decisions, without input or output.

username, email_address: the two checks. reserved: names nobody may take. domains: which mail domains are welcome.
"""
