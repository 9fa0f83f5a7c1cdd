"""The hypervisor: what it knows, its operations and its decisions, a chapter a concern; `pymodel.machine` joins them."""
