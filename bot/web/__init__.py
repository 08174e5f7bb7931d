"""What Flask serves: the webhook, health and metrics."""
