"""The zoo: public isolation faults, by chapter; each a policy that differs from its repaired version in the fault alone."""
