"""Counting requests, so that nobody takes more than a share: one algorithm (a sliding window of two counts) over three stores.

rate: what is allowed, and the arithmetic. memory: counts of this process. database: counts that several processes share.
redis: the same in Redis or Valkey. limiter: chooses, and falls back to memory while the shared store is away.
"""
