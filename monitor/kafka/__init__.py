"""Everything that speaks with Kafka's brokers, or reads what they keep; refuses to know what records mean."""
