"""The hardware: what memory, CPUs, caches, tables and the IOMMU do, whatever a hypervisor, guests and devices make of it."""
