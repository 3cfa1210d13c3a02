"""The modules that speak to sockets, against peers and proxies that misbehave."""
