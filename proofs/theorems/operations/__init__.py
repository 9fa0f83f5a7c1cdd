"""Operations: what each does, when it may not be refused, and why taking things down comes to an end."""
