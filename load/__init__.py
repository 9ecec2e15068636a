"""Loads a running Doorward with what people do, in steps of rate, and draws what the answers take.

locustfile: what one person does. __main__: starts a server, goes through the steps, writes results. plot: the picture.
"""
