"""What the alarms would have said of a service's own past, and what other parameters would have said."""
