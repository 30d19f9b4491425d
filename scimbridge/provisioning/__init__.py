"""Policy: desired state, planning, convergence. Knows neither HTTP nor a vendor's fields."""
