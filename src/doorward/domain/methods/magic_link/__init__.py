"""A link by mail, bound to the sign-in that asked for it: opened anywhere else it signs nobody in. With a code to type instead."""
