"""Homes, stores, hosts and what upkeep does to them."""
