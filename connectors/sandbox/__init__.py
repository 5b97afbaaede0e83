"""What the vendor simulators share: time, request log, faults, the web base, the server and the demo firm."""
