"""Terms: the named pieces of meaning from which contracts are written, by what they are about.

A field of the state is read here and in the statements, never in a contract.
"""
