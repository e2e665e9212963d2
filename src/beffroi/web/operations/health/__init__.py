"""Health of an instance: everything that its operator should know before its users do, each with what to do about it."""
