"""The maps: for each bound module, which Python steps an action stands for, and what is compared."""
