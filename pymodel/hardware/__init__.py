"""The hardware: what the platform is, memory, CPUs, functions, the IOMMU and their caches, and what each does on its own."""
