"""talks to tor and knows nothing else."""
