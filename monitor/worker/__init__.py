"""`monitor worker`: Faust and Kafka on one side, the store on the other, the core between them."""
