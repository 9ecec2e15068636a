"""The first administrator: by a single-use link that the start prints, or unattended from the settings.

link: the link. first_administrator: making them. ensure: what every start puts in place.
"""
