"""Signing in: begin and answer. Whatever else is asked for (a second factor, verified email, terms) is one more need.

begin, answer: the two operations. policy: what is still needed, a pure decision. attempts: a sign-in under way.
complete: the one way out, through the gate, to a session. funnel: how far sign-ins come, for metrics.
"""
