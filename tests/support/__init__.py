"""What several tests need to listen, to misbehave on purpose and to find leaks."""
