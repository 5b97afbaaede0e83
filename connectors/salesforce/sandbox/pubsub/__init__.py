"""The Pub/Sub API over the simulated org: every change of a row is an event that any gRPC client can subscribe to."""
