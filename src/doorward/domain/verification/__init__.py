"""Email addresses shown to be their owner's: by a link, or by a code.

ask: send the mail. confirm: the code or link is right. method: the same as a stage of signing in.
newcomer: of somebody who has no account yet. settings, feature: roles.
"""
