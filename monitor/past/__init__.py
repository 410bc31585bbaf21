"""What `/metrics` would have said at moments that are past, for a Prometheus that was not there."""
