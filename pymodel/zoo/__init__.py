"""Public isolation faults, each as a policy that differs from its good twin in the fault alone."""
