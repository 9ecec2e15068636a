"""From a token or cookie to somebody who may act: the hottest path of the product.

tokens: issuing access tokens and reading them. authenticate: who is asking, read fresh at every request.
refresh: a new access token for a refresh token. account: a user and their credentials' methods. store: the joined queries; the one place that reads
the tables of several slices, because one round trip must answer for session, account and permissions together.
"""
