"""Telling people what happened to their accounts, and the link by which they say that it was not they.

notices: which events are told, to which addresses. lock_down: nobody gets in any more until a new password is chosen.
undo: take a change of the primary address back. remove: what both remove. settings, events, feature: roles.
"""
