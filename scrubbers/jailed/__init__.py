"""Everything in here runs in the jail and nowhere else. The only place that imports decoders."""
