"""The model: hypervisor, hardware and table formats as plain Python over fixed-width words."""
