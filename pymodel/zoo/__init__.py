"""The zoo: public isolation faults, in folders by chapter, each a policy that differs from its good twin in the fault alone."""
