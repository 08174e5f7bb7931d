"""The dashboard: its panels, and how Grafana wants them."""
