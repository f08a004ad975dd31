"""Why a group lags, one cause a function: each takes a Case and returns a Finding, or None where it is not the cause. Pure."""
