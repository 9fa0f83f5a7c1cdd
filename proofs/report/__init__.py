"""The reports: what was decided, as text for a terminal, as JSON, as JUnit and as a citation; and the progress on the way."""
