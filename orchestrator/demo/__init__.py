"""The demonstration: a failover on hosts that come with it, and what its clients feel."""
