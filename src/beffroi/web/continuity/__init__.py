"""Keep serving when attacked: services and their limits, degraded mode, restoration page, crisis cell, exercises, coming back."""
