"""Change events through the Pub/Sub API. Needs the extra ``pubsub``, and is imported only where it is configured."""
