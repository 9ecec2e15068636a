"""Measures Doorward beside its peers on this machine; `bench/README.md` says what, how, and where the limits are."""
