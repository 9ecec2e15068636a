"""A code by mail, for typing. It shows who reads a mailbox and is no factor of its own (SP 800-63B section 3.1.3)."""
