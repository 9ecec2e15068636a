"""The words everything else is written in: plain Python without input or output, importing nothing of ours.

actor: who is asking. clock: what time it is. event: facts worth keeping. feature: what a slice brings.
ids: public identifiers. page: lists in pages. permission: what may be done. problem: what can go wrong.
secret: random values and their comparison. text: folding and checking of human text.
"""
