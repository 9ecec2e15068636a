"""The ways in. Each folder translates one protocol to the functions of the domain: no rules here, no SQL."""
