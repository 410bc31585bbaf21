"""What is decided, and nothing else: no Kafka, Redis, Prometheus, clock, randomness, input or output."""
