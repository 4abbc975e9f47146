"""The API on a port: address, TLS, logs, and an orderly end."""
