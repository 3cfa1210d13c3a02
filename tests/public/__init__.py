"""What users are promised, through the public surface alone."""
