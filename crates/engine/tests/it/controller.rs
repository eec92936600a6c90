//! Controllers that start again, and gateways that come, go and come back.
